/** The wait between two attempts: over when its time has passed and the old response has been freed. */

import type { BodyWatch } from '../call/body-tracker.ts';

/** What an attempt came to. */
export interface AttemptEnd {
  /** What the caller would get: the response, or the error. */
  readonly shown: unknown;
  readonly hasResponse: boolean;
  readonly status: number | undefined;
  /** Whether another answer may take its place. */
  readonly isBad: boolean;
  readonly body: BodyWatch | undefined;
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
