/** All series in prom-client's form, by the name of the metric. */

import { LATENCY_BOUNDS_MS, type LatencyMetrics } from '@cutout/http';
import { type Attributes, HOST_ATTRIBUTES, type HostSeries, type PolicyNumbers } from '@cutout/http/series';
import { COUNTER_METRICS, DURATION, GAUGE_METRICS, underscored } from './names.ts';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export type Exposed = ReadonlyMap<string, readonly Sample[]>;

const METRICS = new Map([...COUNTER_METRICS, ...GAUGE_METRICS]);

export function exposedOf(hosts: readonly HostSeries[], policies: readonly PolicyNumbers[]): Exposed {
  const exposed = new Map<string, Sample[]>();
  const add = (metric: string, sample: Sample): void => {
    const samples = exposed.get(metric);
    if (samples) samples.push(sample);
    else exposed.set(metric, [sample]);
  };
  for (const { attributes, samples, latency } of hosts) {
    const host = { ...NO_HOST, ...labelsOf(attributes) };
    for (const { name, attributes: own, value } of samples) {
      add(METRICS.get(name)?.name ?? name, { labels: { ...host, ...labelsOf(own) }, value });
    }
    addHistogram(add, host, latency);
  }
  for (const { attributes, samples } of policies) {
    const policy = { ...NO_POLICY, ...labelsOf(attributes) };
    for (const { name, attributes: own, value } of samples)
      add(METRICS.get(name)?.name ?? name, { labels: { ...policy, ...labelsOf(own) }, value });
  }
  return exposed;
}

/** Prometheus treats an empty label as absent, but all series of a metric need the same labels. */
const NO_HOST: Labels = Object.fromEntries(HOST_ATTRIBUTES.map(name => [underscored(name), '']));

const NO_POLICY: Labels = { cutout_breaker_name: '' };

/** The table's attribute objects are the same for every host, so they work as keys. */
const translated = new WeakMap<Attributes, Labels>();

function labelsOf(attributes: Attributes): Labels {
  const known = translated.get(attributes);
  if (known) return known;
  const labels = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [underscored(name), `${value}`]));
  translated.set(attributes, labels);
  return labels;
}

function addHistogram(
  add: (metric: string, sample: Sample) => void,
  host: Labels,
  { count, sumMs, buckets }: LatencyMetrics,
): void {
  let below = 0;
  for (const [i, bound] of LATENCY_BOUNDS_MS.entries()) {
    below += buckets[i] as number;
    add(`${DURATION.name}_bucket`, { labels: { ...host, le: String(bound / 1_000) }, value: below });
  }
  add(`${DURATION.name}_bucket`, { labels: { ...host, le: '+Inf' }, value: count });
  add(`${DURATION.name}_sum`, { labels: host, value: sumMs / 1_000 });
  add(`${DURATION.name}_count`, { labels: host, value: count });
}
