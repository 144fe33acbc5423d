/**
 * Derives Prometheus names from OpenTelemetry's as Prometheus does, so one dashboard serves both.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */

import {
  COUNTERS,
  HOST_ATTRIBUTES,
  type Instrument,
  LEVELS,
  POLICY_COUNTERS,
  POLICY_LEVELS,
} from '@cutout/http/series';

/** The arguments of a prom-client metric. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

export const DURATION: Metric = {
  name: 'cutout_attempt_duration_seconds',
  help: 'Time from an attempt to the headers of its answer.',
  labelNames: HOST_ATTRIBUTES.map(underscored),
};

const POLICY_ATTRIBUTES = ['cutout.breaker.name'];

/** Descriptions by instrument name. */
export const COUNTER_METRICS: ReadonlyMap<string, Metric> = new Map([
  ...metricsOf(COUNTERS, '_total', HOST_ATTRIBUTES),
  ...metricsOf(POLICY_COUNTERS, '_total', POLICY_ATTRIBUTES),
]);
export const GAUGE_METRICS: ReadonlyMap<string, Metric> = new Map([
  ...metricsOf(LEVELS, '', HOST_ATTRIBUTES),
  ...metricsOf(POLICY_LEVELS, '', POLICY_ATTRIBUTES),
]);

/** `server.address` becomes `server_address`. */
export function underscored(name: string): string {
  return name.replaceAll('.', '_');
}

/** `owner`: the attributes that identify the policy and the host. */
function metricsOf(
  instruments: readonly Instrument[],
  suffix: string,
  owner: readonly string[],
): (readonly [string, Metric])[] {
  return instruments.map(({ name, unit, description, attributes }) => {
    const metric = `${underscored(name)}${unit === 's' ? '_seconds' : ''}${suffix}`;
    return [name, { name: metric, help: description, labelNames: [...owner, ...attributes].map(underscored) }] as const;
  });
}
