/** What a policy has counted of one key, as plain data. */

import type { BreakerMetrics, Bulkhead } from '@cutout/core';
import type { KeyState } from '../policy/key-state.ts';
import type { CallEnd, LastFailure, RetryRefusal } from './key-counters.ts';
import type { LatencyMetrics } from './latency-histogram.ts';

/** Numbers since the key was first called; they fall only when the registry has dropped the key, and begin at 0 then. */
export interface KeyMetrics extends BreakerMetrics {
  /** Calls by how they ended; `answers` has the verdicts of their attempts. */
  readonly calls: Readonly<Record<CallEnd, number>>;
  /** Further attempts that were decided on. */
  readonly retries: number;
  /** Retries that were allowed by the outcome and refused, by reason. */
  readonly retriesRefused: Readonly<Partial<Record<RetryRefusal, number>>>;
  /** Whole retries that the budget can pay for; undefined without a budget, or before its first use. */
  readonly budgetLeft: number | undefined;
  readonly hedges: { readonly sent: number; readonly won: number; readonly refused: number };
  /** Calls that a fallback has answered. */
  readonly fallbacks: number;
  /** Calls that the last good answer has answered. */
  readonly staleAnswers: number;
  /** Attempts that found no place in the bulkhead. */
  readonly bulkheadRejected: number;
  readonly bulkhead: { readonly limit: number; readonly inFlight: number; readonly queued: number } | undefined;
  /** Of attempts that were answered, to their headers. */
  readonly latency: LatencyMetrics;
  readonly lastFailure: LastFailure | undefined;
}

export interface PolicyMetrics {
  readonly name: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly keys: readonly KeyMetrics[];
}

/** Changes nothing that anybody could see. */
export function metricsOfKey({ breaker, counts, shares, clock }: KeyState): KeyMetrics {
  const { calls, retries, retriesRefused, fallbacks, staleAnswers, bulkheadRejected, lastFailure } = counts;
  const bulkhead = shares.existingState('bulkhead') as Bulkhead | undefined;
  return {
    ...breaker.metrics(),
    calls: { ...calls },
    retries,
    retriesRefused: { ...retriesRefused },
    budgetLeft: shares.existingBudget?.left(clock.now()),
    hedges: { sent: counts.hedgesSent, won: counts.hedgesWon, refused: counts.hedgesRefused },
    fallbacks,
    staleAnswers,
    bulkheadRejected,
    bulkhead: bulkhead && { limit: bulkhead.limit, inFlight: bulkhead.inFlight, queued: bulkhead.queued },
    latency: counts.latency.metrics,
    lastFailure,
  };
}
