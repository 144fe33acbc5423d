/** Configs of attempts that differ from the caller's, and the way back from them. */

import type { InternalAxiosRequestConfig } from 'axios';

const originals = new WeakMap<object, InternalAxiosRequestConfig>();

export function copyOf(config: InternalAxiosRequestConfig, changes: object): InternalAxiosRequestConfig {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(config)), config, changes);
  originals.set(copy, config);
  return copy;
}

/** Puts the caller's own config on a response or an error that carries a copy of it. Any other config stays. */
export function restoreConfig(holder: unknown): void {
  if (typeof holder !== 'object' || holder === null) return;
  let { config } = holder as { config?: unknown };
  while (originals.has(config as object)) config = originals.get(config as object);
  // Does nothing on what is frozen.
  if (config !== (holder as { config?: unknown }).config) Reflect.set(holder, 'config', config);
}
