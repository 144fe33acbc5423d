/** The timers of one attempt at a time: those of its limits, or the one of a response that is held back. */

import { type HttpCall, HttpTimeoutError } from '@cutout/http';

const NO_TIMERS: readonly never[] = [];
/** Longer than a timer can wait, which is as good as no limit. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A timer later than this has been kept from firing, and so have the answers: they may be waiting at the socket. */
const LATE_MS = 100;

export class AttemptTimers {
  #timers: readonly NodeJS.Timeout[] = NO_TIMERS;
  #reading: NodeJS.Immediate | undefined;

  /** Tells `expire` which limit came first. */
  limit({ settings, timeLeftMs }: HttpCall, expire: (error: HttpTimeoutError) => void): void {
    const { attemptTimeoutMs, totalTimeoutMs } = settings;
    this.#limit(attemptTimeoutMs, lateMs => expire(new HttpTimeoutError('attempt', attemptTimeoutMs, lateMs)));
    this.#limit(timeLeftMs, lateMs => expire(new HttpTimeoutError('total', totalTimeoutMs, lateMs)));
  }

  add(ms: number, expire: () => void): void {
    this.#timers = [...this.#timers, setTimeout(expire, Math.max(0, ms))];
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearImmediate(this.#reading);
    this.#timers = NO_TIMERS;
  }

  #limit(ms: number, expire: (lateMs: number) => void): void {
    if (ms > MAX_TIMER_MS) return;
    const dueAt = performance.now() + Math.max(0, ms);
    this.add(ms, () => {
      const lateMs = Math.max(0, performance.now() - dueAt);
      if (lateMs < LATE_MS) return expire(lateMs);
      // Immediates come after the sockets have been read, timers before.
      clearImmediate(this.#reading);
      this.#reading = setImmediate(() => (this.#reading = setImmediate(() => expire(lateMs))));
    });
  }
}
