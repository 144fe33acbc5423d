/** What every adapter does with its options, and leaves on what it returns. */

import { checkObject, given } from '@cutout/core/internal';
import { enableNesting } from '../call/nesting.ts';
import { checkFallback, type FallbackAdapter } from '../fallback/fallback.ts';
import type { Capability, Strategy } from '../strategy/strategy.ts';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy.ts';

/** Names the function that made an adapter, on what it returned. */
const MADE_BY = Symbol.for('cutout.adapter');

/**
 * The policy of an adapter: the one it was given, or one made of its options.
 *
 * @throws TypeError or RangeError for bad options; TypeError for what another adapter returned, in place of its policy.
 */
export function policyOf(options: HttpPolicyOptions | HttpPolicy): HttpPolicy {
  const other = adapterOf(options);
  if (other) {
    throw new TypeError(`options must be a policy's or a policy, got what ${other} returned: pass its .policy`);
  }
  if (!isHttpPolicy(options)) return createHttpPolicy(options);
  // Adapters that share a policy may be stacked: without nesting both would take a permit for the same request.
  enableNesting();
  return options;
}

/** An adapter's policy, and its way with fallbacks. */
export interface AdapterPolicy {
  readonly policy: HttpPolicy;
  readonly adapter: FallbackAdapter;
}

/**
 * The policy of an adapter, and its own fallback: the one beside a shared policy, or the one among the options. A fallback's
 * answer is of one client's type, so one that was given to an adapter stays with it; a policy's own is for all its adapters.
 *
 * @param own What was given to the adapter beside the policy.
 * @param accept Makes the client's own of a fallback's answer, or throws.
 * @throws TypeError or RangeError for bad options.
 */
export function adapterPolicy(
  options: HttpPolicyOptions | HttpPolicy,
  own: Pick<FallbackAdapter, 'fallback'>,
  accept: NonNullable<FallbackAdapter['accept']>,
): AdapterPolicy {
  checkFallback('fallback', own.fallback);
  if (isHttpPolicy(options) || adapterOf(options))
    return { policy: policyOf(options), adapter: { ...given(own), accept } };
  const { fallback = own.fallback, ...rest } = checkObject('', options) as HttpPolicyOptions;
  checkFallback('fallback', fallback);
  return { policy: policyOf(rest), adapter: { ...given({ fallback }), accept } };
}

const NO_STRATEGY: Strategy = { name: '' };

/**
 * For an adapter that lacks a capability: accepted in silence, a strategy that needs it would do nothing.
 *
 * @throws TypeError for a strategy that needs what is not among `capabilities`.
 */
export function refuseUnsupported(
  strategies: readonly (Strategy | false | undefined)[],
  adapter: string,
  capabilities: readonly Capability[],
): void {
  for (const strategy of strategies) {
    const { name, needs } = strategy || NO_STRATEGY;
    const missing = needs?.find(need => !capabilities.includes(need));
    if (missing === undefined) continue;
    throw new TypeError(
      `${name} is not offered behind the ${adapter} adapter, which has no ${missing}; got it in the options`,
    );
  }
}

/** Puts `.policy` on what an adapter returns, and the name of the function that made it. */
export function asAdapter<T extends object>(
  adapter: T,
  policy: HttpPolicy,
  madeBy: string,
): T & { policy: HttpPolicy } {
  // Not enumerable, for clients that look through what they are given.
  Object.defineProperty(adapter, MADE_BY, { value: madeBy });
  return Object.defineProperty(adapter, 'policy', { value: policy }) as T & { policy: HttpPolicy };
}

/** The function that made this adapter; undefined for anything else. */
export function adapterOf(value: unknown): string | undefined {
  const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return isObject ? (value as { [MADE_BY]?: string })[MADE_BY] : undefined;
}
