/** A clock that only a test advances. */

import type { Clock } from '@cutout/core';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

export class ManualClock implements Required<Clock> {
  #now: number;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();

  /** Starts at `now` milliseconds. @default 0 */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Fires when {@link advance} reaches its time. */
  setTimer(ms: number, fire: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), fire };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Advances time by `ms`. Timers fire in the order of their times, each at its own time; timers of one time fire in the
   * order in which they were set.
   *
   * @throws RangeError unless `ms` is a number of at least 0: the clock is monotonic.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`ms must be a number of at least 0, got ${ms}`);
    const end = this.#now + ms;
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
    }
    this.#now = end;
  }

  #nextUntil(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    }
    return next;
  }
}
