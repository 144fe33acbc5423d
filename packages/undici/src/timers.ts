/** The timers of one call: the limit of its attempt and its hedge, or the wait for the next attempt. */

import { startTimer } from '@cutout/http';

const NONE: readonly (() => void)[] = [];

export class Timers {
  #stops = NONE;

  /** A limit, which waits for answers that came while the process was held up. */
  limit(ms: number, fire: (lateMs: number) => void): void {
    this.#stops = [...this.#stops, startTimer(ms, fire)];
  }

  wait(ms: number, fire: () => void): void {
    const timer = setTimeout(fire, ms);
    this.#stops = [...this.#stops, () => clearTimeout(timer)];
  }

  stop(): void {
    if (this.#stops === NONE) return;
    for (const stop of this.#stops) stop();
    this.#stops = NONE;
  }
}
