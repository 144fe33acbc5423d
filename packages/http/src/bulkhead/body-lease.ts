/** A bulkhead permit that a response's body keeps until it ends, for a limited time. */

import type { BulkheadPermit, Clock, Verdict } from '@cutout/core';
import type { Lease } from '../strategy/strategy.ts';

/** The first end counts. */
export class PermitLease implements Lease {
  readonly #permit: BulkheadPermit;
  readonly #verdict: Verdict;
  readonly #durationMs: number;
  readonly #clearTimer: () => void;
  #onEnd: (() => void) | undefined;

  constructor(
    clock: Required<Clock>,
    permit: BulkheadPermit,
    verdict: Verdict,
    durationMs: number,
    bodyHoldMs: number,
  ) {
    this.#permit = permit;
    this.#verdict = verdict;
    this.#durationMs = durationMs;
    const expire = (): void => {
      this.end();
      this.#onEnd?.();
    };
    // A body that is never read must not keep the process alive.
    this.#clearTimer = clock.setTimer(bodyHoldMs, expire, true);
  }

  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  end(verdict: Verdict = this.#verdict): void {
    this.#clearTimer();
    this.#permit.release(verdict, this.#durationMs);
  }
}
