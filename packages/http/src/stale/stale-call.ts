/** How a promise-shaped door serves stale answers, and keeps good ones. */

import type { AttemptResult } from '../attempt.ts';
import type { BodyForm } from './entry.ts';
import type { StaleAnswer } from './stale-answers.ts';
import type { StaleSteps } from './stale-steps.ts';

/** How a door gives stale answers. */
export interface StaleDoor<T> {
  /** The forms of a body of which it can make a response. */
  readonly serves: readonly BodyForm[];
  /** Makes the client's own response. */
  readonly answerStale: (answer: StaleAnswer, url: string) => T;
}

export class StaleCall<T> {
  readonly #steps: StaleSteps;
  readonly #url: string;
  readonly #door: Partial<StaleDoor<T>>;

  /** `door`: without `answerStale` where this call wants none. */
  constructor(steps: StaleSteps, url: string, door: Partial<StaleDoor<T>> = {}) {
    this.#steps = steps;
    this.#url = url;
    this.#door = door;
  }

  /** The last good answer, unless the caller has aborted. */
  answer({ failure, status }: { readonly failure: unknown; readonly status: number | undefined }): T | undefined {
    const { answerStale, serves = [] } = this.#door;
    if (!answerStale) return this.#steps.pass(status);
    const found = this.#steps.serve(failure, status, serves);
    return found && answerStale(found, this.#url);
  }

  /** An answer that is kept once the caller has read it. */
  keep(result: AttemptResult<T>): AttemptResult<T> {
    const { status } = result.outcome;
    const keeping = this.#door.answerStale && result.keeping?.();
    if (!keeping) {
      this.#steps.pass(status);
      return result;
    }
    const collector = this.#steps.collect({ status, ...keeping });
    return collector ? { ...result, value: keeping.collect(collector) } : result;
  }
}
