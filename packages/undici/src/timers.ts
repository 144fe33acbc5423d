/** The timers of one call: the limit of its attempt and its hedge, or the wait for the next attempt. */

import type { Clock } from '@cutout/core';
import { startTimer } from '@cutout/http/adapter';

const NONE: readonly (() => void)[] = [];

export class Timers {
  readonly #clock: Required<Clock>;
  #stops = NONE;

  /** `clock`: the policy's. */
  constructor(clock: Required<Clock>) {
    this.#clock = clock;
  }

  /** A limit, which waits for answers that came while the process was held up. */
  limit(ms: number, fire: (lateMs: number) => void): void {
    this.#stops = [...this.#stops, startTimer(this.#clock, ms, fire)];
  }

  wait(ms: number, fire: () => void): void {
    this.#stops = [...this.#stops, this.#clock.setTimer(ms, fire)];
  }

  stop(): void {
    if (this.#stops === NONE) return;
    for (const stop of this.#stops) stop();
    this.#stops = NONE;
  }
}
