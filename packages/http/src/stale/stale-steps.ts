/** One call's steps with stale answers, for a door of any shape. */

import type { CallMachine } from '../call/call-machine.ts';
import { type HttpEvents, tellStale } from '../http-events.ts';
import type { HttpRequest } from '../request.ts';
import { isAborted } from '../signals.ts';
import type { Collector } from './collector.ts';
import type { BodyForm } from './entry.ts';
import { reasonOf } from './mark.ts';
import type { AnswerHead, Beginning, StaleAnswer, StaleAnswers } from './stale-answers.ts';
import type { StaleSettings } from './stale-options.ts';

export class StaleSteps {
  readonly #call: CallMachine;
  readonly #request: HttpRequest;
  readonly #answers: StaleAnswers;
  readonly #events: HttpEvents;
  /** Those of the host first asked, whatever hosts the call is led to. */
  readonly #settings: StaleSettings | undefined;
  readonly #begun: Beginning;

  /** To be made before anything is sent. `request`: the one that the answer is kept for. */
  constructor(call: CallMachine, request: HttpRequest, answers: StaleAnswers, events: HttpEvents) {
    this.#call = call;
    this.#request = request;
    this.#answers = answers;
    this.#events = events;
    this.#settings = call.settings.staleIfError;
    this.#begun = answers.begin();
  }

  /**
   * The last good answer, in place of a failure that nothing follows, or of a refusal; undefined where there is none,
   * and where the caller has given up. It says nothing about the host, and events tell that it was served.
   *
   * @param status Of the response that counted as a failure.
   * @param forms Those of a body that the door can make a response of.
   */
  serve(failure: unknown, status: number | undefined, forms: readonly BodyForm[]): StaleAnswer | undefined {
    this.#answers.noteChange(this.#request, status);
    if (!this.#settings || isAborted(this.#request.signal)) return undefined;
    const reason = reasonOf(failure, status);
    const { maxStaleMs } = this.#settings;
    const found = this.#answers.find(this.#request, { forms, maxStaleMs, reason });
    if (found) tellStale(this.#events, this.#call.entry, found.ageMs, reason);
    return found;
  }

  /**
   * What is to be told the body of an answer that is no failure, and how it ended; undefined where it is not kept. To be
   * asked of every such answer, of writes too: they drop what is kept.
   */
  collect(head: AnswerHead): Collector | undefined {
    if (this.#settings) return this.#answers.collect(this.#request, head, this.#begun);
    return this.pass(head.status);
  }

  /** Instead, of an answer that cannot be kept for a reason of the door's. */
  pass(status: number | undefined): undefined {
    return this.#answers.noteChange(this.#request, status);
  }
}
