/** Our two time limits, for an attempt of any client. */

import type { Clock } from '@cutout/core';
import { handleRejection } from '@cutout/core/internal';
import { linkedSignal, type SignalLike } from './signals.ts';
import { abortable, MAX_TIMER_MS } from './sleep.ts';

/** An attempt, or the whole call, took longer than the policy allows. */
export class HttpTimeoutError extends Error {
  override readonly name: string = 'TimeoutError';
  /** `ERR_ATTEMPT_TIMEOUT` or `ERR_TOTAL_TIMEOUT`. */
  readonly code: 'ERR_ATTEMPT_TIMEOUT' | 'ERR_TOTAL_TIMEOUT';
  readonly timeoutMs: number;
  /** Milliseconds by which the timer fired late; large if the process was stopped. */
  readonly lateMs: number;

  constructor(kind: 'attempt' | 'total', timeoutMs: number, lateMs = 0) {
    super(
      `[@cutout/http] ${kind === 'attempt' ? 'no answer to the attempt' : 'no end to the call'} within ${timeoutMs} ms`,
    );
    this.code = kind === 'attempt' ? 'ERR_ATTEMPT_TIMEOUT' : 'ERR_TOTAL_TIMEOUT';
    this.timeoutMs = timeoutMs;
    this.lateMs = lateMs;
  }
}

/**
 * Runs `work` for `ms` milliseconds at most. Its signal follows the caller's, beyond the end of `work` too, since a body
 * may still be read under it. A client that ignores the signal is not waited for; what it answers then goes to `late`.
 *
 * @param errorOf Makes the error of the limit, from the milliseconds by which its timer was late.
 */
export function withinLimit<T>(
  clock: Required<Clock>,
  ms: number,
  errorOf: (lateMs: number) => Error,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
  late: (answer: T) => unknown,
): Promise<T> {
  // A limit that no timer can hold is as good as none.
  if (ms > MAX_TIMER_MS) return work(signal);
  const linked = linkedSignal(signal);
  return new Promise((resolve, reject) => {
    let isOver = false;
    const stop = startTimer(clock, ms, lateMs => {
      const error = errorOf(lateMs);
      isOver = true;
      // In this order: a client's own word about the abort must not come first.
      reject(error);
      linked.abort(error);
    });
    const settle = (answer: T): void => {
      if (isOver) return discardLate(late, answer);
      stop();
      resolve(answer);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    try {
      // A function of the user's may return what is no promise.
      Promise.resolve(work(linked.signal)).then(settle, fail);
    } catch (error) {
      // A client that throws at once must not leave the timer behind.
      fail(error);
    }
  });
}

/** Whatever a late answer does when it is discarded, the call has ended. */
function discardLate<T>(late: (answer: T) => unknown, answer: T): void {
  try {
    handleRejection(late(answer));
  } catch {
    // Its client failed to free it.
  }
}

/**
 * Follows `work`; rejects with the end of the whole call's time after `ms`, or with the reason of an abort. Either end
 * leaves neither the timer nor the listener behind, even where `work` never settles.
 */
export function withinTime<T>(
  clock: Required<Clock>,
  ms: number,
  totalTimeoutMs: number,
  work: Promise<T>,
  signal: SignalLike | undefined,
): Promise<T> {
  if (ms > MAX_TIMER_MS) return abortable(work, signal);
  let stop = (): void => undefined;
  const limited = new Promise<T>((resolve, reject) => {
    stop = startTimer(clock, ms, lateMs => reject(new HttpTimeoutError('total', totalTimeoutMs, lateMs)));
    work.then(resolve, reject);
  });
  return abortable(limited, signal).finally(() => stop());
}

/** A timer that is later than this has been held up: by the process, or its event loop. */
const HELD_UP_MS = 100;
/** Enough to read what has arrived. Node runs due timers before it polls sockets. */
const CATCH_UP_MS = 10;

/**
 * Calls `fire` after `ms`, with the milliseconds by which the timer was late: the process may have been stopped. An answer
 * that came during such a pause is read first. A limit that no timer can hold is as good as none. Returns the function
 * that ends it.
 */
export function startTimer(clock: Required<Clock>, ms: number, fire: (lateMs: number) => void): () => void {
  if (ms > MAX_TIMER_MS) return () => undefined;
  const waitMs = Math.max(0, ms);
  const dueAt = clock.now() + waitMs;
  let clear = clock.setTimer(waitMs, () => {
    const lateMs = Math.max(0, clock.now() - dueAt);
    if (lateMs < HELD_UP_MS) fire(lateMs);
    else clear = clock.setTimer(CATCH_UP_MS, () => fire(lateMs));
  });
  return () => clear();
}
