/** The wait between two attempts: over when its time has passed and the old response has been freed. */

import type { BodyTracker } from '../call/body-tracker.ts';

/** What an attempt came to. */
export interface AttemptEnd {
  /** What the caller would get: the response, or the error. */
  readonly shown: unknown;
  readonly hasResponse: boolean;
  readonly status: number | undefined;
  /** Whether another answer may take its place. */
  readonly isBad: boolean;
  readonly body: BodyTracker | undefined;
}

export class RetryWait {
  readonly last: AttemptEnd;
  #isIntact = true;
  #isBuffered: boolean;
  #isDue = false;

  constructor(last: AttemptEnd) {
    this.last = last;
    this.#isBuffered = !last.hasResponse;
  }

  get isBuffered(): boolean {
    return this.#isBuffered;
  }

  get isOver(): boolean {
    return this.#isBuffered && this.#isDue;
  }

  /** Whether the old response, or the error, can still be handed out. */
  get isIntact(): boolean {
    return this.#isIntact;
  }

  /** A response held its bulkhead permit until now. */
  buffered(isIntact: boolean): void {
    if (this.#isBuffered) return;
    this.#isBuffered = true;
    this.#isIntact = isIntact;
    this.last.body?.cancelled();
  }

  due(): void {
    this.#isDue = true;
  }
}

/** A body that drips must not hold up the next attempt for longer than this, unless the wait itself is longer. */
const MIN_BUFFER_MS = 250;

/** Milliseconds that an old response has to arrive whole, where the next attempt follows after `retryInMs`. */
export function bufferMs(retryInMs: number, timeLeftMs: number): number {
  return Math.min(Math.max(retryInMs, MIN_BUFFER_MS), timeLeftMs);
}
