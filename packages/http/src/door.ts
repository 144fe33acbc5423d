/** What every door does with its options, and leaves on what it returns. */

import { show } from '@cutout/core/internal';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy.ts';
import { seeOtherDoors } from './stacking.ts';

/** Names the function that made a door, on what it returned. */
const MADE_BY = Symbol.for('cutout.door');

/**
 * The policy of a door: the one it was given, or one made of its options.
 *
 * @throws TypeError or RangeError for bad options; TypeError for what another door returned, in place of its policy.
 */
export function policyOf(options: HttpPolicyOptions | HttpPolicy): HttpPolicy {
  const other = doorOf(options);
  if (other) {
    throw new TypeError(`options must be a policy's or a policy, got what ${other} returned: pass its .policy`);
  }
  if (!isHttpPolicy(options)) return createHttpPolicy(options);
  // Whoever shares a policy may stack its doors, and then both would ask the same circuit for the same request.
  seeOtherDoors();
  return options;
}

/** The same for a door that has no answer of its own to give: taken in silence, a fallback would answer nothing. */
export function policyWithoutFallback(options: HttpPolicyOptions | HttpPolicy, door: string): HttpPolicy {
  if (!isHttpPolicy(options) && options?.fallback !== undefined) {
    throw new TypeError(`fallback is not offered behind the ${door} door, got ${show(options.fallback)}`);
  }
  return policyOf(options);
}

/** Puts `.policy` on what a door returns, and the name of the function that made it. */
export function asDoor<T extends object>(door: T, policy: HttpPolicy, madeBy: string): T & { policy: HttpPolicy } {
  // Not enumerable, for clients that look through what they are given.
  Object.defineProperty(door, MADE_BY, { value: madeBy });
  return Object.defineProperty(door, 'policy', { value: policy }) as T & { policy: HttpPolicy };
}

/** The function that made this door; undefined for anything else. */
export function doorOf(value: unknown): string | undefined {
  const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return isObject ? (value as { [MADE_BY]?: string })[MADE_BY] : undefined;
}
