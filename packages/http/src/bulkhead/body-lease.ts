/** A bulkhead permit that a response's body keeps until it ends, for a limited time. */

import type { BulkheadPermit, Verdict } from '@cutout/core';
import type { Lease } from '../strategy/strategy.ts';

/** The first end counts. */
export class PermitLease implements Lease {
  readonly #permit: BulkheadPermit;
  readonly #verdict: Verdict;
  readonly #durationMs: number;
  readonly #timer: ReturnType<typeof setTimeout>;
  #onEnd: (() => void) | undefined;

  constructor(permit: BulkheadPermit, verdict: Verdict, durationMs: number, bodyHoldMs: number) {
    this.#permit = permit;
    this.#verdict = verdict;
    this.#durationMs = durationMs;
    this.#timer = setTimeout(() => {
      this.end();
      this.#onEnd?.();
    }, bodyHoldMs);
    // A body that is never read must not keep the process alive. A timer is a number elsewhere.
    (this.#timer as { unref?(): void }).unref?.();
  }

  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  end(verdict: Verdict = this.#verdict): void {
    clearTimeout(this.#timer);
    this.#permit.release(verdict, this.#durationMs);
  }
}
