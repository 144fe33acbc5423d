/** Makes strategies of the options that were drawn for their factories. */

import { bulkhead, hedge } from '@cutout/http';
import { staleIfError } from '@cutout/stale';

const FACTORIES = { bulkhead, hedge, stale: staleIfError } as Readonly<Record<string, (options: never) => unknown>>;

/** @throws what a factory throws. */
export function withStrategies(options: Record<string, unknown>): Record<string, unknown> {
  const { hosts } = options;
  const made = Object.entries(options).map(([name, value]) => [name, isOptions(value) ? make(name, value) : value]);
  const all: Record<string, unknown> = Object.fromEntries(made);
  if (isOptions(hosts))
    all['hosts'] = Object.fromEntries(Object.entries(hosts).map(([name, host]) => [name, ofHost(host)]));
  return all;
}

/** The same; where a factory throws, the options as they are, which the call refuses. */
export function madeOrRaw(options: Record<string, unknown>): Record<string, unknown> {
  try {
    return withStrategies(options);
  } catch {
    return options;
  }
}

function ofHost(host: unknown): unknown {
  return isOptions(host) ? withStrategies(host) : host;
}

function make(name: string, options: object): unknown {
  const factory = Object.hasOwn(FACTORIES, name) ? FACTORIES[name] : undefined;
  return factory ? factory(options as never) : options;
}

function isOptions(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
