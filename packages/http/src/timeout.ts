/** The two time limits of ours, laid over an attempt of any client. */

import { MAX_TIMER_MS } from './sleep.ts';

/** An attempt, or the whole call, took longer than the policy allows. */
export class HttpTimeoutError extends Error {
  override readonly name: string = 'TimeoutError';
  /** `ERR_ATTEMPT_TIMEOUT` or `ERR_TOTAL_TIMEOUT`. */
  readonly code: 'ERR_ATTEMPT_TIMEOUT' | 'ERR_TOTAL_TIMEOUT';
  readonly timeoutMs: number;

  constructor(kind: 'attempt' | 'total', timeoutMs: number) {
    super(
      `[@cutout/http] ${kind === 'attempt' ? 'no answer to the attempt' : 'no end to the call'} within ${timeoutMs} ms`,
    );
    this.code = kind === 'attempt' ? 'ERR_ATTEMPT_TIMEOUT' : 'ERR_TOTAL_TIMEOUT';
    this.timeoutMs = timeoutMs;
  }
}

export interface TimeLimits {
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
}

/**
 * Runs `work` under whichever limit comes first. Its signal follows the caller's, beyond the end of `work` too, since a
 * body may still be read under it. A client that ignores the signal is not waited for; what it answers then goes to `late`.
 */
export function withinLimits<T>(
  limits: TimeLimits,
  timeLeftMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
  late: (answer: T) => void,
): Promise<T> {
  const ms = Math.min(limits.attemptTimeoutMs, timeLeftMs);
  // A limit that no timer can hold is as good as none.
  if (ms > MAX_TIMER_MS) return work(signal);
  const ours = new AbortController();
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      const total = timeLeftMs <= limits.attemptTimeoutMs;
      const error = new HttpTimeoutError(total ? 'total' : 'attempt', total ? limits.totalTimeoutMs : ms);
      // In this order: a client's own word about the abort must not come first.
      expired.reject(error);
      ours.abort(error);
    },
    Math.max(0, ms),
  );
  const either = signal ? AbortSignal.any([signal, ours.signal]) : ours.signal;
  // Async, so that a client that throws at once cannot leave the timer behind.
  const working = (async () => work(either))();
  expired.promise.catch(() => working.then(late, () => undefined));
  return Promise.race([expired.promise, working]).finally(() => clearTimeout(timer));
}
