/** One call's dealings with the strategy that keeps answers, for an adapter of any shape. */

import { handleRejection, show } from '@cutout/core/internal';
import type { CallMachine } from '../call/call-machine.ts';
import { emitStale, type HttpEvents } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { requireSyncHook } from '../outcome/sync-hook.ts';
import { GuardedSink } from './guarded-sink.ts';
import type { SharedState } from './shared-state.ts';
import type { Answer, AnswerHead, BodyForm, BodySink, Strategy, StrategyCall } from './strategy.ts';

export class CallAnswers {
  readonly #call: CallMachine;
  readonly #events: HttpEvents;
  /** That of the host first requested, whatever hosts the call is led to. */
  readonly #strategy: Strategy;
  /** Whether the call, or its host, has not opted out. */
  readonly #isOn: boolean;
  readonly #seen: StrategyCall;

  /** To be made before anything is sent. `request`: the one that the answer is kept for. */
  constructor(call: CallMachine, request: HttpRequest, { strategy, state }: SharedState, events: HttpEvents) {
    const own = call.target.settings.stale;
    this.#call = call;
    this.#events = events;
    this.#strategy = own ?? strategy;
    this.#isOn = own !== undefined;
    const begun = requireSyncHook(this.#strategy, 'begin', this.#strategy.begin?.({ request, state }));
    this.#seen = { request, state, begun };
  }

  /**
   * An answer in place of a failure that nothing follows, or of a refusal; undefined where there is none, and where the
   * caller has aborted. It changes nothing about the host's health, and an event reports it.
   *
   * @param status Of the response that counted as a failure.
   * @param forms Those of a body of which the adapter can make a response.
   */
  answer(failure: unknown, status: number | undefined, forms: readonly BodyForm[]): Answer | undefined {
    this.pass(status);
    if (!this.#isOn || isAborted(this.#seen.request.signal)) return undefined;
    const found = this.#strategy.answer?.({ failure, status, forms }, this.#seen);
    if (found !== undefined && !isAnswer(found)) throw this.#unusable('answer', 'an Answer', found);
    if (found) emitStale(this.#events, this.#call.target.entry, found.ageMs, found.reason);
    return found;
  }

  /**
   * What receives the body of an answer that is no failure; undefined where it is not kept. To be called for every such
   * answer, of writes too: they invalidate what is kept.
   */
  keep(head: AnswerHead): BodySink | undefined {
    this.pass(head.status);
    const sink = this.#isOn ? this.#strategy.keep?.(head, this.#seen) : undefined;
    if (sink === undefined) return undefined;
    if (!isSink(sink)) throw this.#unusable('keep', 'a BodySink', sink);
    return new GuardedSink(sink);
  }

  /** Instead, for an answer that cannot be kept for a reason of the adapter's. */
  pass(status: number | undefined): undefined {
    this.#sync('responded', this.#strategy.responded?.(status, this.#seen));
    return undefined;
  }

  /** Whether a request header may identify its sender. */
  mayIdentify(header: string): boolean {
    return this.#sync('mayIdentify', this.#strategy.mayIdentify?.(header)) ?? true;
  }

  #sync<T>(hook: string, value: T): T {
    return requireSyncHook(this.#strategy, hook, value);
  }

  #unusable(hook: string, expected: string, returned: unknown): TypeError {
    handleRejection(returned);
    const name = show(this.#strategy.name);
    return new TypeError(`${hook} of the strategy ${name} must return ${expected} or undefined, got ${show(returned)}`);
  }
}

function isAnswer(value: Partial<Answer> | null): boolean {
  return Number.isInteger(value?.status) && Array.isArray(value?.headers);
}

function isSink(value: Partial<BodySink> | null): boolean {
  return [value?.add, value?.end, value?.drop].every(hook => typeof hook === 'function');
}
