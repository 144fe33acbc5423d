/** One call's dealings with stale answers. */

import type { AttemptResult } from '../attempt.ts';
import type { HttpCall } from '../call.ts';
import { type HttpEvents, tellStale } from '../http-events.ts';
import { reasonOf } from './mark.ts';
import type { StaleAnswer, StaleAnswers } from './stale-answers.ts';

/** How a door gives stale answers. */
export interface StaleDoor<T> {
  /** Makes the client's own response. */
  readonly answerStale: (answer: StaleAnswer, url: string) => T;
}

/** For a door that cannot give them: taken in silence, the option would do nothing. @throws TypeError where it is on. */
export function refuseStale({ keepsStale }: { readonly keepsStale: boolean }, door: string): void {
  if (keepsStale) throw new TypeError(`staleIfError is not offered behind the ${door} door, got it in the options`);
}

export class StaleCall<T> {
  readonly #call: HttpCall;
  readonly #answers: StaleAnswers;
  readonly #answerStale: StaleDoor<T>['answerStale'] | undefined;
  readonly #events: HttpEvents;
  readonly #moment: number;

  /** `answerStale`: undefined where this call wants none. */
  constructor(
    call: HttpCall,
    answers: StaleAnswers,
    answerStale: StaleDoor<T>['answerStale'] | undefined,
    events: HttpEvents,
  ) {
    this.#call = call;
    this.#answers = answers;
    this.#answerStale = answerStale;
    this.#events = events;
    this.#moment = answers.moment;
  }

  /** The last good answer, unless the caller has given up. It says nothing about the host. */
  async serve(failure: unknown, status: number | undefined): Promise<{ readonly answer: T } | undefined> {
    const { request, settings, key } = this.#call;
    if (!this.#answerStale || !settings.staleIfError || request.signal?.aborted) return undefined;
    const reason = reasonOf(failure, status);
    const found = await this.#answers.find(request, settings.staleIfError.maxStaleMs, reason);
    if (!found) return undefined;
    tellStale(this.#events, key, found.ageMs, reason);
    return { answer: this.#answerStale(found, request.url) };
  }

  /** An answer that is kept once the caller has read it. */
  async keep(result: AttemptResult<T>): Promise<AttemptResult<T>> {
    const { request, settings } = this.#call;
    const keeping = settings.staleIfError && this.#answerStale && result.keeping?.();
    if (!keeping) {
      this.#answers.noteChange(request, result.outcome.status);
      return result;
    }
    const head = { status: result.outcome.status, statusText: keeping.statusText, headers: keeping.headers };
    const collector = await this.#answers.collect(request, head, this.#moment);
    return collector ? { ...result, value: keeping.collect(collector) } : result;
  }
}
