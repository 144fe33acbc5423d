/**
 * What Prometheus makes of the names of OpenTelemetry, so that one dashboard serves both.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */

import { COUNTERS, type Instrument, LEVELS } from '@cutout/http/series';

/** What a metric of prom-client is made with. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  /** Beside those that say which host it is. */
  readonly labelNames: readonly string[];
}

export const DURATION: Metric = {
  name: 'cutout_attempt_duration_seconds',
  help: 'Time from an attempt to the headers of its answer.',
  labelNames: [],
};

/** By the name of the instrument. */
export const COUNTER_METRICS: ReadonlyMap<string, Metric> = metricsOf(COUNTERS, '_total');
export const GAUGE_METRICS: ReadonlyMap<string, Metric> = metricsOf(LEVELS, '');

/** `server.address` is `server_address`. */
export function underscored(name: string): string {
  return name.replaceAll('.', '_');
}

function metricsOf(instruments: readonly Instrument[], suffix: string): ReadonlyMap<string, Metric> {
  const entries = instruments.map(({ name, unit, description, attributes }) => {
    const metric = `${underscored(name)}${unit === 's' ? '_seconds' : ''}${suffix}`;
    return [name, { name: metric, help: description, labelNames: attributes.map(underscored) }] as const;
  });
  return new Map(entries);
}
