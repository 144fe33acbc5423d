/** The axios adapter: attach it to an instance, detach it again. */

import { checkObject, show } from '@cutout/core/internal';
import type { Fallback, HttpCallOptions, HttpPolicy, HttpPolicyOptions } from '@cutout/http';
import { adapterPolicy, asAdapter } from '@cutout/http/adapter';
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { guardTransport, isGuarded } from './guard-transport.ts';

export type AxiosAdapterOptions = HttpPolicyOptions<AxiosResponse>;

/** What belongs to this adapter rather than to the policy. */
export interface AxiosOwnOptions {
  /** Overrides the fallback of a shared policy; `false`: none. @default the policy's */
  readonly fallback?: false | Fallback<AxiosResponse>;
}

/** Takes the adapter off again. Calls in flight end as they began. */
export interface Detach {
  (): void;
  /** The policy behind the adapter: pass it to another adapter to share its circuits. */
  readonly policy: HttpPolicy;
}

declare module 'axios' {
  interface AxiosRequestConfig {
    /** Overrides the policy for this call; `false` bypasses it. */
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
 * @param options The policy's options, or a policy to share.
 * @param own This adapter's own options, where a policy is shared.
 * @throws TypeError or RangeError for bad options, TypeError for what is no axios instance.
 */
export function attachBreaker(
  instance: AxiosInstance,
  options: AxiosAdapterOptions | HttpPolicy = {},
  own: AxiosOwnOptions = {},
): Detach {
  if (typeof instance?.interceptors?.request?.use !== 'function') {
    throw new TypeError('instance must be axios or an instance of it: it has no interceptors.request.use');
  }
  checkObject('', own, ['fallback']);
  const guard = adapterPolicy(options as HttpPolicyOptions | HttpPolicy, own, asAxiosResponse);
  const interceptor = (config: InternalAxiosRequestConfig): InternalAxiosRequestConfig => {
    // What another interceptor left out is refused by axios.
    if (typeof config !== 'object' || config === null) return config;
    const adapter = config.adapter ?? instance.defaults.adapter;
    // A retry of another library sends the wrapped config again; one guard is enough.
    if (isGuarded(adapter)) return config;
    // Most requests go through the same one.
    if (!made || made.adapter !== adapter) made = { adapter, guarded: guardTransport(instance, adapter, guard) };
    config.adapter = made.guarded;
    return config;
  };
  let made: { readonly adapter: typeof instance.defaults.adapter; readonly guarded: AxiosAdapter } | undefined;
  const id = instance.interceptors.request.use(interceptor, null, { synchronous: true });
  return asAdapter(() => instance.interceptors.request.eject(id), guard.policy, 'attachBreaker');
}

function asAxiosResponse(answer: unknown): unknown {
  if (typeof (answer as Partial<AxiosResponse> | null | undefined)?.status === 'number') return answer;
  throw new TypeError(`fallback must return an AxiosResponse, got ${show(answer)}`);
}
