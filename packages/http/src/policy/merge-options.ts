/** Lays the nearer of two groups of options over the other, field by field. */

import type { BreakerOptions } from '@cutout/core';
import { given } from '@cutout/core/internal';
import type { RetryOptions } from '../retry/retry-options.ts';

type Retry = false | RetryOptions | undefined;

export function mergeRetry(policy: Retry, own: Retry): false | RetryOptions {
  if (own === undefined) return policy ?? {};
  if (!own || !policy) return own;
  const backoff = mergeGroup(policy.backoff, own.backoff);
  const budget = mergeGroup(policy.budget, own.budget);
  return { ...policy, ...given(own), ...given({ backoff, budget }) };
}

export function mergeBreaker(
  policy: BreakerOptions | undefined,
  own: BreakerOptions | undefined,
): BreakerOptions | undefined {
  if (!policy || !own) return own ?? policy;
  const nearer = given(own);
  const merged = { ...withoutTrips(policy, nearer), ...nearer };
  return { ...merged, ...given({ halfOpen: mergeGroup(policy.halfOpen, own.halfOpen) }) };
}

/** `trip` stands in place of `failures` and `forgetAfterMs`, and the other way round: the nearer of the two counts. */
function withoutTrips(policy: BreakerOptions, own: BreakerOptions): BreakerOptions {
  const { trip, ...others } = policy;
  if (own.failures !== undefined || own.forgetAfterMs !== undefined) return others;
  if (own.trip === undefined) return policy;
  const { failures, forgetAfterMs, ...rest } = policy;
  return rest;
}

/** Two groups of options become one; where either is anything else, a function or `false`, the nearer one stands. */
function mergeGroup<G>(policy: G, own: G): G {
  const bothGroups = typeof policy === 'object' && typeof own === 'object';
  return bothGroups ? { ...policy, ...given(own as object) } : (own ?? policy);
}
