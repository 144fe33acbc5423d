/** The options of `collectMetrics`, checked. */

import { checkFunction, checkNumber, checkObject, POSITIVE_INTEGER, show } from '@cutout/core/internal';
import { type OpenMetricsContentType, type Registry, register } from 'prom-client';

/** Of either format. */
export type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

export interface CollectOptions {
  /** Where the metrics are registered. @default prom-client's own `register` */
  readonly registry?: AnyRegistry;
  /** Hosts that get series of their own, a positive integer; all others are summed under `_other`. @default 100 */
  readonly maxHosts?: number;
  /** What `server_address` says of a key; keys that share a label share its series. @default the key's host name */
  readonly hostLabel?: (key: string) => string;
}

export const COLLECT_DEFAULTS = { maxHosts: 100 } as const;

export interface CheckedOptions {
  readonly registry: AnyRegistry;
  readonly maxHosts: number;
  readonly hostLabel: ((key: string) => string) | undefined;
}

/** @throws TypeError or RangeError that names the path and the value. */
export function checkOptions(options: unknown): CheckedOptions {
  const { registry, maxHosts, hostLabel } = checkObject('', options, ['registry', 'maxHosts', 'hostLabel']);
  return {
    registry: checkRegistry(registry),
    maxHosts: checkNumber('maxHosts', maxHosts, POSITIVE_INTEGER, COLLECT_DEFAULTS.maxHosts),
    hostLabel: checkFunction('hostLabel', hostLabel as CollectOptions['hostLabel']),
  };
}

/** Told by its shape: the caller's prom-client may be another copy than ours. */
function checkRegistry(value: unknown): AnyRegistry {
  if (value === undefined) return register;
  const { registerMetric, getSingleMetric } = (value ?? {}) as Partial<AnyRegistry>;
  if (typeof registerMetric === 'function' && typeof getSingleMetric === 'function') return value as AnyRegistry;
  throw new TypeError(`registry must be a registry of prom-client, got ${show(value)}`);
}
