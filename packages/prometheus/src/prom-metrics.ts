/** The prom-client metrics. Each fills itself on collection. */

import { LATENCY_BOUNDS_MS } from '@cutout/http';
import { Counter, Gauge, Histogram, type Metric as PromMetric } from 'prom-client';
import type { Exposed } from './exposed.ts';
import { COUNTER_METRICS, DURATION, GAUGE_METRICS, type Metric } from './names.ts';

export interface Named {
  readonly name: string;
  readonly metric: PromMetric;
}

/** Creates the metrics without registering them. Each calls `read` as a scrape begins. */
export function promMetrics(read: () => Exposed): Named[] {
  return [
    ...[...COUNTER_METRICS.values()].map(metric => named(metric, counter(metric, read))),
    ...[...GAUGE_METRICS.values()].map(metric => named(metric, gauge(metric, read))),
    named(DURATION, histogram(read)),
  ];
}

function named({ name }: Metric, metric: PromMetric): Named {
  return { name, metric };
}

function settings({ name, help, labelNames }: Metric) {
  return { name, help, labelNames: [...labelNames], registers: [] };
}

function counter(metric: Metric, read: () => Exposed): Counter {
  return new Counter({
    ...settings(metric),
    collect() {
      this.reset();
      for (const { labels, value } of read().get(metric.name) ?? []) this.inc(labels, value);
    },
  });
}

function gauge(metric: Metric, read: () => Exposed): Gauge {
  return new Gauge({
    ...settings(metric),
    collect() {
      this.reset();
      for (const { labels, value } of read().get(metric.name) ?? []) this.set(labels, value);
    },
  });
}

/** Replaces what a prom-client histogram returns: it accepts single observations only, and no counts. */
function histogram(read: () => Exposed): Histogram {
  const config = { ...settings(DURATION), buckets: LATENCY_BOUNDS_MS.map(bound => bound / 1_000) };
  const empty = new Histogram(config);
  const get = async (): ReturnType<Histogram['get']> => {
    // Read before any await: the series belong to this scrape only while it begins.
    const values = histogramValues(read());
    return { ...(await empty.get()), values };
  };
  // prom-client calls the first for JSON, the second for text.
  return Object.assign(new Histogram(config), { get, getForPromString: get });
}

function histogramValues(exposed: Exposed): Awaited<ReturnType<Histogram['get']>>['values'] {
  const names = ['_bucket', '_sum', '_count'].map(part => `${DURATION.name}${part}`);
  return names.flatMap(metricName => (exposed.get(metricName) ?? []).map(sample => ({ ...sample, metricName })));
}
