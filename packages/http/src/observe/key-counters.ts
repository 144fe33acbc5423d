/** Counters of one key beside its breaker's: plain numbers, read on demand. */

import type { HttpOutcome, OutcomeKind } from '../outcome/outcome.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/**
 * How a call ended: with a good answer to the first attempt or to a later one, with a bad answer or none, ignored where
 * that is the caller's own doing, refused by the circuit, or by a full bulkhead. A fallback's answer changes none of it.
 */
export type CallEnd = 'first-try' | 'after-retry' | 'failed' | 'ignored' | 'refused' | 'bulkhead-full';

/** How a call ended whose last attempt was not bad. `attempt`: its number, from 1. */
export function endOf({ health }: HttpVerdict, attempt: number): CallEnd {
  if (health === 'ignore') return 'ignored';
  return attempt > 1 ? 'after-retry' : 'first-try';
}

/** The last answer that counted as a failure. */
export interface LastFailure {
  readonly kind: OutcomeKind;
  readonly status?: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type RetryRefusal =
  | 'attempts'
  | 'body'
  | 'method'
  | 'aborted'
  | 'circuit'
  | 'retry-after'
  | 'deadline'
  | 'inner-adapter'
  | 'budget';

export class KeyCounters {
  readonly calls: Record<CallEnd, number> = {
    'first-try': 0,
    'after-retry': 0,
    failed: 0,
    ignored: 0,
    refused: 0,
    'bulkhead-full': 0,
  };
  retries = 0;
  readonly retriesRefused: Partial<Record<RetryRefusal, number>> = {};
  hedgesSent = 0;
  hedgesWon = 0;
  hedgesRefused = 0;
  fallbacks = 0;
  staleAnswers = 0;
  bulkheadRejected = 0;
  readonly latency: LatencyHistogram = new LatencyHistogram();
  lastFailure: LastFailure | undefined;

  refuseRetry(reason: RetryRefusal): void {
    this.retriesRefused[reason] = (this.retriesRefused[reason] ?? 0) + 1;
  }

  failed({ kind, status }: HttpOutcome): void {
    this.lastFailure = { kind, at: Date.now(), ...(status === undefined ? {} : { status }) };
  }
}
