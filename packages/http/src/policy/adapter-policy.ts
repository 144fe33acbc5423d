/** What every door does with its options, and leaves on what it returns. */

import { checkObject, given } from '@cutout/core/internal';
import { seeOtherDoors } from '../call/nesting.ts';
import { checkFallback, type FallbackAdapter } from '../fallback/fallback.ts';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy.ts';

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

/** A door's policy, and its way with fallbacks. */
export interface DoorPolicy {
  readonly policy: HttpPolicy;
  readonly door: FallbackAdapter;
}

/**
 * The policy of a door, and its own fallback: the one beside a shared policy, or the one among the options. A fallback's
 * answer is of one client's type, so one that was given to a door stays with it; a policy's own is for all its doors.
 *
 * @param own What was given to the door beside the policy.
 * @param accept Makes the client's own of a fallback's answer, or throws.
 * @throws TypeError or RangeError for bad options.
 */
export function doorPolicy(
  options: HttpPolicyOptions | HttpPolicy,
  own: Pick<FallbackAdapter, 'fallback'>,
  accept: NonNullable<FallbackAdapter['accept']>,
): DoorPolicy {
  checkFallback('fallback', own.fallback);
  if (isHttpPolicy(options) || doorOf(options)) return { policy: policyOf(options), door: { ...given(own), accept } };
  const { fallback = own.fallback, ...rest } = checkObject('', options) as HttpPolicyOptions;
  checkFallback('fallback', fallback);
  return { policy: policyOf(rest), door: { ...given({ fallback }), accept } };
}

/** For a door that cannot hedge: taken in silence, the option would do nothing. @throws TypeError where it is on. */
export function refuseHedge({ hedges }: Pick<HttpPolicy, 'hedges'>, door: string): void {
  if (hedges) throw new TypeError(`hedge is not offered behind the ${door} door, got it in the options`);
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
