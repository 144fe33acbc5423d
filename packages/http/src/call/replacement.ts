/** What may take the place of a failure: the sources are asked in order, and the failure stands where none answers. */

import type { AnswerSource, Ask, Deliver, Throw } from './step.ts';

export type Failure = Omit<Ask, 'do' | 'source'>;

export class Replacement {
  readonly #sources: readonly AnswerSource[];
  readonly #failure: Failure;
  readonly #end: Deliver | Throw;
  #at = 0;

  /** `end`: what follows where no source answers. */
  constructor(sources: readonly AnswerSource[], failure: Failure, end: Deliver | Throw) {
    this.#sources = sources;
    this.#failure = failure;
    this.#end = end;
  }

  next(): Ask | Deliver | Throw {
    const source = this.#sources[this.#at];
    this.#at += 1;
    return source ? { do: 'ask', source, ...this.#failure } : this.#end;
  }
}
