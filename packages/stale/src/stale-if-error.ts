/** The last good answer in place of a failure, as a strategy of `@cutout/http`. */

import type { Answer, AnswerHead, BodySink, CallFailure, PolicyContext, Strategy, StrategyCall } from '@cutout/http';
import { reasonOf } from './mark.ts';
import { mayIdentify } from './neutral-headers.ts';
import { type Beginning, StaleAnswers } from './stale-answers.ts';
import { checkStale, type ResolvedStale, refuseOtherBounds, type StaleOptions } from './stale-options.ts';

type Call = StrategyCall<StaleAnswers, Beginning>;

/**
 * Keeps the last good answers to GET and HEAD, and serves them while the circuit refuses and where a call fails
 * (RFC 5861). Goes into the option `stale` of a policy, a host or a call.
 *
 * Each policy has a store of its own, whose bounds and `identity` are those of the first strategy that it sees: the
 * policy's, else a host's, else a call's. What is shared between policies is only how it is configured, never an answer.
 *
 * @example
 * const fetch = createFetch({ stale: staleIfError({ maxStaleMs: 3_600_000 }) });
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value; the message names the path.
 */
export function staleIfError(options: StaleOptions = {}): Strategy {
  return new StaleIfError(options);
}

class StaleIfError implements Strategy<StaleAnswers, Beginning> {
  readonly name = 'stale';
  readonly #settings: ResolvedStale;
  /** Without the defaults. */
  readonly #given: StaleOptions;

  constructor(options: StaleOptions) {
    this.#settings = checkStale('staleIfError', options);
    this.#given = { ...options };
  }

  createState({ clock }: PolicyContext): StaleAnswers {
    return new StaleAnswers(this.#settings, clock);
  }

  joinState({ settings }: StaleAnswers, option: string): void {
    refuseOtherBounds(option, this.#given, this.#settings, settings);
  }

  begin({ state }: Omit<Call, 'begun'>): Beginning {
    return state.begin();
  }

  responded(status: number | undefined, { request, state }: Call): void {
    state.noteChange(request, status);
  }

  keep(head: AnswerHead, { request, state, begun }: Call): BodySink | undefined {
    return state.collect(request, head, begun);
  }

  answer({ failure, status, forms }: CallFailure, { request, state }: Call): Answer | undefined {
    const { maxStaleMs } = this.#settings;
    return state.find(request, { forms, maxStaleMs, reason: reasonOf(failure, status) });
  }

  mayIdentify(header: string): boolean {
    return mayIdentify(header);
  }
}
