/** The last resort of a call: an answer that the user makes, asked for where nothing else follows. */

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
  /** The adapter's own, which stands before the policy's; `false`: none. */
  readonly fallback?: false | Fallback;
  /** Makes the client's own of an answer. @throws TypeError or RangeError where it is none. @default taken as it is */
  readonly accept?: (answer: unknown) => unknown;
  /** Makes the client's own of an error of ours, so that a fallback sees what the caller would have. @default as it is */
  readonly own?: (failure: unknown) => unknown;
}

/** What a last resort belongs to. */
export interface FallbackOwner {
  /** One for each policy: tells whether a call is made by a fallback of the same. */
  readonly events: HttpEvents;
  readonly adapter: FallbackAdapter | undefined;
}

/** Returns the fallback at `path`; undefined for `false` and where none is given. */
export function checkFallback(path: string, value: unknown): Fallback | undefined {
  return value === false ? undefined : checkFunction(path, value as Fallback | undefined);
}

/** The nearest one: the call's, then the adapter's, then the policy's. `false` at the nearer one stands for none. */
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
  /** Both asked at the call's beginning: a client's later events may come in any context, another call's perhaps. */
  readonly #inCallersContext = callerContext();
  readonly #outer: RunningFallback | undefined = runningFallbacks();

  constructor(fallback: Fallback, owner: FallbackOwner) {
    this.#fallback = fallback;
    this.#owner = owner;
  }

  /** As a source of answers for one call. */
  within(request: HttpRequest, entry: Counted, limits: FallbackLimits): AnswerSource {
    return { answer: ({ failure, refused }) => this.ask(failure, { request, refused }, entry, limits) };
  }

  /**
   * The answer. Undefined where the caller has given up, and where the call was made by a fallback of this policy for
   * the same key: answered once more, a fallback that calls its own host would go round for ever. Rejects with a
   * {@link HttpTimeoutError} when its time is up, `failure` as the `cause`.
   */
  ask(
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
      const asked = this.#inCallersContext(() => runAsFallback(within, async () => this.#fallback(failure, context)));
      const ms = Math.max(MIN_FALLBACK_MS, limits.timeLeftMs);
      const given = await withinTime(entry.clock, ms, limits.totalTimeoutMs, asked, context.request.signal);
      const answer = adapter?.accept ? adapter.accept(given) : given;
      emitFallback(events, entry, context.refused);
      return answer;
    } catch (error) {
      // What an abort threw is the caller's own reason, and nothing of ours is put on that.
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
