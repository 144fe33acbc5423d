/** The options of `collectMetrics`, checked. */

import { checkObject, show } from '@cutout/core/internal';
import { type CheckedSeries, checkSeriesOptions, type SeriesOptions } from '@cutout/http/series';
import { type OpenMetricsContentType, type Registry, register } from 'prom-client';

/** A registry of either format. */
export type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

export interface CollectOptions extends SeriesOptions {
  /** The registry of the metrics. @default prom-client's own `register` */
  readonly registry?: AnyRegistry;
}

export interface CheckedOptions extends CheckedSeries {
  readonly registry: AnyRegistry;
}

/** @throws TypeError or RangeError that names the path and the value. */
export function checkOptions(options: unknown): CheckedOptions {
  const given = checkObject('', options, ['registry', 'maxHosts', 'hostLabel']);
  return { registry: checkRegistry(given['registry']), ...checkSeriesOptions(given) };
}

/** Checks the shape: the caller's prom-client may be another copy than ours. */
function checkRegistry(value: unknown): AnyRegistry {
  if (value === undefined) return register;
  const { registerMetric, getSingleMetric } = (value ?? {}) as Partial<AnyRegistry>;
  if (typeof registerMetric === 'function' && typeof getSingleMetric === 'function') return value as AnyRegistry;
  throw new TypeError(`registry must be a registry of prom-client, got ${show(value)}`);
}
