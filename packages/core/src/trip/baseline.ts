/** What is normal for a key: sums over the calls of a long time, of which the older weigh less. */

import type { CallSums } from './recent-calls.ts';

/**
 * An exponentially weighted memory: what was learned `learnMs` ago has lost 63 % of its weight. So it needs no window
 * and the same few numbers whatever the traffic.
 *
 * @see S. W. Roberts, "Control chart tests based on geometric moving averages", Technometrics 1 (1959)
 */
export class Baseline {
  readonly #learnMs: number;
  #sums: CallSums = { calls: 0, failed: 0, timed: 0, logs: 0, logSquares: 0 };
  #learnedAt = 0;

  constructor(learnMs: number) {
    this.#learnMs = learnMs;
  }

  get sums(): CallSums {
    return this.#sums;
  }

  learn(more: CallSums, now: number): void {
    const kept = Math.exp((this.#learnedAt - now) / this.#learnMs);
    const { calls, failed, timed, logs, logSquares } = this.#sums;
    this.#sums = {
      calls: calls * kept + more.calls,
      failed: failed * kept + more.failed,
      timed: timed * kept + more.timed,
      logs: logs * kept + more.logs,
      logSquares: logSquares * kept + more.logSquares,
    };
    this.#learnedAt = now;
  }
}
