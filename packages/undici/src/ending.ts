/** How an exchange ends without the host's answer: with an older response, a stale answer, a fallback or an error. */

import { report } from '@cutout/core/internal';
import type { HttpCall } from '@cutout/http';
import type { CheckedAnswer } from './dispatch-answer.ts';
import type { ExchangeController } from './exchange-controller.ts';
import { asError, type Handler } from './handler.ts';
import type { HeldResponse } from './held-response.ts';
import { Replay } from './replay.ts';
import type { StaleExchange } from './stale-exchange.ts';

/** What the attempts have come to. */
export interface LastOutcome {
  /** A response that another attempt was to follow. */
  readonly held: HeldResponse | undefined;
  readonly error: Error | undefined;
  /** Whether it was no good answer, so that another may take its place. */
  readonly failing: boolean;
}

/** The attempts that end. */
export interface Attempts {
  /** Stops their limits, and what listens to the caller. */
  closeAttempts(): void;
  /** The same, and forwards nothing of the present attempt any more. */
  leaveAttempts(): void;
}

interface Parts {
  readonly call: HttpCall;
  readonly wire: { release(): void };
  readonly handler: Handler;
  readonly stale: StaleExchange | undefined;
  readonly controller: ExchangeController;
  readonly attempts: Attempts;
}

export class Ending {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** No further attempt is made: the last outcome answers, if it still can, and else `instead`. */
  lastWord({ held, error, failing }: LastOutcome, instead: Error, refused: boolean): void {
    this.#parts.attempts.closeAttempts();
    if (held?.intact) {
      if (!(failing && this.fallBack(held.head, false))) this.#replay(held.answer);
    } else if (held) this.fallBackOrFail(Object.assign(instead, { lastStatus: held.status }), refused);
    else if (error && !failing) this.fail(error);
    else if (error) this.fallBackOrFail(error);
    else this.fallBackOrFail(instead, refused);
  }

  fallBackOrFail(error: Error, refused = false): void {
    if (!this.fallBack(error, refused)) this.fail(error);
  }

  /** Whether a stale answer, or else a fallback, is replayed to the handler, which gets no more of the attempts then. */
  fallBack(failure: unknown, refused: boolean): boolean {
    const { call, wire, stale, controller } = this.#parts;
    if (controller.aborted) return false;
    const answer = stale?.answer(failure) ?? call.fallBack(failure, refused);
    if (!answer) return false;
    if (refused) wire.release();
    this.#replay(answer as CheckedAnswer | Promise<CheckedAnswer>);
    return true;
  }

  fail(error: Error): void {
    const { handler, controller, attempts } = this.#parts;
    attempts.closeAttempts();
    try {
      handler.onResponseError?.(controller.started ? controller : null, asError(error));
    } catch (thrown) {
      // Of the ways here, some are timers and promises, where it would end the process.
      report('[@cutout/undici] onResponseError of a handler threw', thrown);
    }
  }

  #replay(answer: CheckedAnswer | Promise<CheckedAnswer>): void {
    const { handler, controller, attempts } = this.#parts;
    attempts.leaveAttempts();
    const replay = new Replay(handler, controller, controller.started);
    controller.inner = replay;
    void replay.play(answer);
  }
}
