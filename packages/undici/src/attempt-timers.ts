/** The timers of one attempt at a time: those of its limits, or the one of a response that is held back. */

import { type HttpCall, HttpTimeoutError } from '@cutout/http';

const NO_TIMERS: readonly never[] = [];
/** Longer than a timer can wait, which is as good as no limit. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class AttemptTimers {
  #timers: readonly NodeJS.Timeout[] = NO_TIMERS;

  /** Tells `expire` which limit came first. */
  limit({ settings, timeLeftMs }: HttpCall, expire: (error: HttpTimeoutError) => void): void {
    const { attemptTimeoutMs, totalTimeoutMs } = settings;
    if (attemptTimeoutMs <= MAX_TIMER_MS)
      this.add(attemptTimeoutMs, () => expire(new HttpTimeoutError('attempt', attemptTimeoutMs)));
    if (timeLeftMs <= MAX_TIMER_MS) this.add(timeLeftMs, () => expire(new HttpTimeoutError('total', totalTimeoutMs)));
  }

  add(ms: number, expire: () => void): void {
    this.#timers = [...this.#timers, setTimeout(expire, Math.max(0, ms))];
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = NO_TIMERS;
  }
}
