/** The answer that takes the place of a failed call's own: asks for it, and keeps it until got reads it. */

import type { Ask, CallMachine, Step } from '@cutout/http/adapter';
import type { Options } from 'got';
import type { CallLimits } from './call-limits.ts';
import type { FallbackResponse } from './got-answer.ts';
import { StandIn, waitsForBody } from './transport.ts';

export class Substitute {
  readonly #limits: CallLimits;
  #isAsking = false;
  #isFound = false;
  #response: FallbackResponse | undefined;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Whether the answer is still being made. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Whether a source answers, or has failed to. A call has one such answer, whatever got does next. */
  get isFound(): boolean {
    return this.#isFound;
  }

  /** Whether the next round is the one in which got reads it. */
  get isNext(): boolean {
    return this.#response !== undefined;
  }

  /** Carries out `first`. `failure`: as got reports it. Undefined where it stands. Rejects with what a fallback throws. */
  find(call: CallMachine, first: Step, failure: unknown): Promise<FallbackResponse> | undefined {
    let step = first;
    while (step.do === 'ask') {
      const answer = this.#isFound ? undefined : step.source.answer(withFailure(step, failure));
      if (answer !== undefined) {
        step.body?.cancelled();
        this.#isFound = true;
        return this.#untimed(call, answer as FallbackResponse | Promise<FallbackResponse>);
      }
      step = call.unanswered();
    }
    return undefined;
  }

  /** Keeps the answer for the next round, which sends nothing. */
  keep(response: FallbackResponse): void {
    this.#response = response;
  }

  /** In place of the request of that round. */
  take(options: Options): FallbackResponse | StandIn | undefined {
    const response = this.#response;
    if (!response) return undefined;
    this.#response = undefined;
    // got's cache takes only a request for a request, and would wait for ever.
    options.cache = undefined;
    return waitsForBody(options) ? new StandIn(() => response, false) : response;
  }

  /** A fallback has a time of its own. What got makes of its answer has that of an attempt. */
  async #untimed(call: CallMachine, asked: FallbackResponse | Promise<FallbackResponse>): Promise<FallbackResponse> {
    const { attemptTimeoutMs, totalTimeoutMs } = call.target.settings;
    this.#isAsking = true;
    this.#limits.stop();
    try {
      const answer = await asked;
      call.answered(answer);
      return answer;
    } catch (error) {
      call.answerFailed(error);
      throw error;
    } finally {
      this.#isAsking = false;
      this.#limits.window(Math.min(attemptTimeoutMs, totalTimeoutMs));
    }
  }
}

function withFailure({ status, refused }: Ask, failure: unknown): Pick<Ask, 'failure' | 'status' | 'refused'> {
  return { failure, status, refused };
}
