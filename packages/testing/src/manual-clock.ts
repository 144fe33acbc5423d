/** A clock that stands still until a test moves it. */

import type { Clock } from '@cutout/core';

export class ManualClock implements Clock {
  #now: number;

  /** Starts at `now` milliseconds. @default 0 */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves time on by `ms`. @throws RangeError for anything but a number of at least 0: this clock is monotonic too. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`ms must be a number of at least 0, got ${ms}`);
    this.#now += ms;
  }
}
