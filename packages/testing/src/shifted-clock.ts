/** A clock that runs with the platform's, and can be moved ahead of it: timers stay real. */

import type { Clock } from '@cutout/core';

export class ShiftedClock implements Clock {
  #ahead = 0;

  now(): number {
    return performance.now() + this.#ahead;
  }

  /**
   * Moves time on by `ms`, as it does in a process that was stopped.
   *
   * @throws RangeError for anything but a number of at least 0: this clock is monotonic too.
   */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`ms must be a number of at least 0, got ${ms}`);
    this.#ahead += ms;
  }
}
