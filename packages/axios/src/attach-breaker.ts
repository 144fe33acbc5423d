/** The axios door: attach it to an instance, detach it again. */

import {
  asDoor,
  type HttpCallOptions,
  type HttpPolicy,
  type HttpPolicyOptions,
  policyOf,
  refuseStale,
} from '@cutout/http';
import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { guardAdapter, isGuarded } from './guard-adapter.ts';

export type AxiosDoorOptions = HttpPolicyOptions<AxiosResponse>;

/** Takes the door off again. Calls in flight end as they began. */
export interface Detach {
  (): void;
  /** The policy behind the door: pass it to another door to share its circuits. */
  readonly policy: HttpPolicy;
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** Overrides the breaker's policy for this call; `false` passes by it. */
    cutout?: HttpCallOptions<AxiosResponse>;
  }
}

/**
 * Puts a circuit breaker before every request of an axios instance, or of `axios` itself.
 *
 * It wraps the adapter of each request, the last thing before the network: `transformRequest` has run once, and no
 * interceptor of anyone else can come between a call's permit and its answer.
 *
 * @example
 * const detach = attachBreaker(axios, { breaker: { openDurationMs: 30_000 } });
 *
 * @throws TypeError or RangeError for bad options, TypeError for what is no axios instance.
 */
export function attachBreaker(instance: AxiosInstance, options: AxiosDoorOptions | HttpPolicy = {}): Detach {
  if (typeof instance?.interceptors?.request?.use !== 'function') {
    throw new TypeError('instance must be axios or an instance of it: it has no interceptors.request.use');
  }
  const policy = policyOf(options as HttpPolicyOptions | HttpPolicy);
  refuseStale(policy, 'axios');
  const interceptor = (config: InternalAxiosRequestConfig): InternalAxiosRequestConfig => {
    const adapter = config.adapter ?? instance.defaults.adapter;
    // A retry of another library sends the wrapped config again; one guard is enough.
    if (!isGuarded(adapter)) config.adapter = guardAdapter(instance, adapter, policy);
    return config;
  };
  const id = instance.interceptors.request.use(interceptor, null, { synchronous: true });
  return asDoor(() => instance.interceptors.request.eject(id), policy, 'attachBreaker');
}
