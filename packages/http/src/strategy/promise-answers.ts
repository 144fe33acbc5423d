/** How an adapter of a client with promises gives answers in place of failures, and has good ones kept. */

import type { AttemptResult } from '../call/attempt.ts';
import type { Ask } from '../call/step.ts';
import type { CallAnswers } from './call-answers.ts';
import type { Answer, BodyForm } from './strategy.ts';

/** How an adapter makes its client's own response of an answer. */
export interface AnswerAdapter<T> {
  /** The forms of a body of which it can make one. */
  readonly forms: readonly BodyForm[];
  /** `url`: that of the request. */
  readonly toResponse: (answer: Answer, url: string) => T;
}

export class PromiseAnswers<T> {
  readonly #answers: CallAnswers;
  readonly #url: string;
  readonly #adapter: Partial<AnswerAdapter<T>>;

  /** `adapter`: without `toResponse` where this call wants none. */
  constructor(answers: CallAnswers, url: string, adapter: Partial<AnswerAdapter<T>> = {}) {
    this.#answers = answers;
    this.#url = url;
    this.#adapter = adapter;
  }

  /** In place of a failure, unless the caller has aborted. */
  answer({ failure, status }: Pick<Ask, 'failure' | 'status'>): T | undefined {
    const { toResponse, forms = [] } = this.#adapter;
    if (!toResponse) return this.#answers.pass(status);
    const found = this.#answers.answer(failure, status, forms);
    return found && toResponse(found, this.#url);
  }

  /** What is handed out in place of an answer, so that it is kept once the caller has read it. */
  keep(result: AttemptResult<T>): T {
    const { status } = result.outcome;
    const keeping = this.#adapter.toResponse && result.keeping?.();
    if (!keeping) {
      this.#answers.pass(status);
      return result.value;
    }
    const sink = this.#answers.keep({ status, ...keeping });
    return sink ? keeping.tap(sink) : result.value;
  }
}
