/** The fallback of a call: a function of the user's that answers when no further attempt follows. */

import { checkFunction, withCause } from '@cutout/core/internal';
import type { AnswerSource } from '../call/step.ts';
import { type Counted, emitFallback, emitFallbackRefused, type HttpEvents } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { abortable } from '../outcome/sleep.ts';
import { withinTime } from '../outcome/time-limits.ts';
import { callerContext, type RunningFallback, runAsFallback, runningFallbacks } from './running-fallback.ts';

/** Gets the error, or the response that counted as a failure, and returns a response of the client's own type. */
export type Fallback<R = unknown> = (failure: unknown, context: FallbackContext) => R | PromiseLike<R>;

export interface FallbackContext {
  readonly request: HttpRequest;
  /** The circuit or the bulkhead refused the call: nothing was sent. */
  readonly refused: boolean;
}

/** The time that a fallback has where there is a `totalTimeoutMs`, however much of that is over. Long enough for a cache. */
const MIN_FALLBACK_MS = 1_000;

/** What bounds a fallback. */
export interface FallbackLimits {
  readonly totalTimeoutMs: number;
  readonly timeLeftMs: number;
}

/** How an adapter has its calls answered by a fallback. */
export interface FallbackAdapter {
  /** The adapter's own, which overrides the policy's; `false`: none. */
  readonly fallback?: false | Fallback;
  /** Makes the client's own of an answer. @throws TypeError or RangeError where it is none. @default taken as it is */
  readonly accept?: (answer: unknown) => unknown;
  /** Makes the client's own of an error of ours, so that a fallback sees what the caller would have. @default as it is */
  readonly own?: (failure: unknown) => unknown;
}

/** The policy and adapter of a fallback. */
export interface FallbackOwner {
  /** One for each policy: identifies the policy whose fallback makes a call. */
  readonly events: HttpEvents;
  readonly adapter: FallbackAdapter | undefined;
}

/** Returns the fallback at `path`; undefined for `false` and where none is given. */
export function checkFallback(path: string, value: unknown): Fallback | undefined {
  return value === false ? undefined : checkFunction(path, value as Fallback | undefined);
}

/** Precedence: call, then adapter, then policy. `false` disables it. */
export function nearestFallback(
  ofCall: false | Fallback | undefined,
  ofAdapter: false | Fallback | undefined,
  ofPolicy: Fallback | undefined,
): Fallback | undefined {
  const nearest = ofCall ?? ofAdapter ?? ofPolicy;
  return nearest === false ? undefined : nearest;
}

export class FallbackRunner {
  readonly #fallback: Fallback;
  readonly #owner: FallbackOwner;
  /** Both are read when the call begins: later events of a client may run in any context, even another call's. */
  readonly #inCallersContext = callerContext();
  readonly #outer: RunningFallback | undefined = runningFallbacks();

  constructor(fallback: Fallback, owner: FallbackOwner) {
    this.#fallback = fallback;
    this.#owner = owner;
  }

  /** As a source of answers for one call. */
  within(request: HttpRequest, entry: Counted, limits: FallbackLimits): AnswerSource {
    return { answer: ({ failure, refused }) => this.answer(failure, { request, refused }, entry, limits) };
  }

  /**
   * The answer. Undefined if the caller has aborted, or if the call was made by a fallback of this policy for
   * the same key: a fallback that calls its own host would recurse without end. Rejects with a
   * {@link HttpTimeoutError} when its time is up, `failure` as the `cause`.
   */
  answer(
    failure: unknown,
    context: FallbackContext,
    entry: Counted,
    limits: FallbackLimits,
  ): Promise<unknown> | undefined {
    const { signal } = context.request;
    if (isAborted(signal)) return undefined;
    if (this.#runsFor(entry.key)) {
      emitFallbackRefused(this.#owner.events, entry);
      return undefined;
    }
    return abortable(this.#answer(failure, context, entry, limits), signal);
  }

  async #answer(reason: unknown, context: FallbackContext, entry: Counted, limits: FallbackLimits): Promise<unknown> {
    const { events, adapter } = this.#owner;
    const failure = adapter?.own ? adapter.own(reason) : reason;
    try {
      const within = { policy: events, key: entry.key, outer: this.#outer };
      const pending = this.#inCallersContext(() => runAsFallback(within, async () => this.#fallback(failure, context)));
      const ms = Math.max(MIN_FALLBACK_MS, limits.timeLeftMs);
      const given = await withinTime(entry.clock, ms, limits.totalTimeoutMs, pending, context.request.signal);
      const answer = adapter?.accept ? adapter.accept(given) : given;
      emitFallback(events, entry, context.refused);
      return answer;
    } catch (error) {
      // An abort throws the caller's own reason, which stays unchanged.
      throw isAborted(context.request.signal) ? error : withCause(error, failure);
    }
  }

  #runsFor(key: string): boolean {
    for (let each = this.#outer; each; each = each.outer) {
      if (each.policy === this.#owner.events && each.key === key) return true;
    }
    return false;
  }
}
