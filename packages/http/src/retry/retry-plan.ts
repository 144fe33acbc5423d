/** Whether another attempt follows a failed one, and when. */

import type { CircuitBreaker } from '@cutout/core';
import type { RetryRefusal } from '../observe/key-counters.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import { isIdempotent, type ResolvedRetry } from './retry-options.ts';

/** The call that may go on. */
export interface RetryingCall {
  /** The number of the attempt that has ended, from 1. */
  readonly attempt: number;
  readonly request: HttpRequest;
  readonly timeLeftMs: number;
}

/** Milliseconds to wait before the next attempt, or the first reason against one. */
export function retryPlan(
  call: RetryingCall,
  breaker: CircuitBreaker,
  outcome: HttpOutcome,
  verdict: HttpVerdict,
  retry: ResolvedRetry,
): number | RetryRefusal {
  return refusalOf(call, breaker, outcome, verdict, retry) ?? delayOf(call, outcome, verdict, retry);
}

function refusalOf(
  { attempt, request }: RetryingCall,
  breaker: CircuitBreaker,
  outcome: HttpOutcome,
  { notBeforeMs = 0 }: HttpVerdict,
  retry: ResolvedRetry,
): RetryRefusal | undefined {
  if (attempt > retry.maxRetries) return 'attempts';
  if (outcome.isExhausted) return 'inner-adapter';
  if (!request.replayable) return 'body';
  if (!outcome.nothingSent && !isIdempotent(request, retry)) return 'method';
  if (isAborted(request.signal)) return 'aborted';
  if (breaker.refusing) return 'circuit';
  if (notBeforeMs > retry.maxRetryAfterMs) return 'retry-after';
  return undefined;
}

/** Unless that cannot end in time, or is longer than a timer can hold. */
function delayOf(
  { attempt, request, timeLeftMs }: RetryingCall,
  outcome: HttpOutcome,
  { notBeforeMs = 0 }: HttpVerdict,
  retry: ResolvedRetry,
): number | RetryRefusal {
  const delayMs = notBeforeMs + retry.backoff({ retry: attempt, request, outcome });
  if (delayMs > MAX_TIMER_MS) return 'retry-after';
  return delayMs < timeLeftMs ? delayMs : 'deadline';
}
