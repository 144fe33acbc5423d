/** A clock that only a test advances. */

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

  /** Advances time by `ms`. @throws RangeError unless `ms` is a number of at least 0: the clock is monotonic. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`ms must be a number of at least 0, got ${ms}`);
    this.#now += ms;
  }
}
