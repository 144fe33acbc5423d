/**
 * The fast path through a closed circuit, for calls whose admission is not timed, without listeners: one reaction on the
 * call's own promise, and no permit, clock or event.
 *
 * Each closed period has its own fast path, so that an answer carries the period that admitted it.
 */

import type { Clock } from '../common/clock.ts';
import type { PeriodCounter } from '../trip/period-counter.ts';

/** Counts the calls of the fast path. */
export interface FastPathOwner<Period> {
  /** Calls admitted since the breaker was made. */
  admitted: number;
  succeeded: number;
  readonly clock: Clock;
  /** The path that calls take without another check: nothing but successes has come since it was set. */
  directPath: FastPath<Period> | undefined;
  fastSuccess(admittedBy: Period): void;
  fastFailure(admittedBy: Period, error: unknown): void;
}

export class FastPath<Period> {
  readonly #owner: FastPathOwner<Period>;
  readonly #value: (value: unknown) => unknown;
  readonly #error: (error: unknown) => never;

  /** `counter`: of `closed`, for as long as this is the direct path. */
  constructor(owner: FastPathOwner<Period>, closed: Period, counter: PeriodCounter) {
    this.#owner = owner;
    this.#value = value => {
      if (owner.directPath === this) {
        owner.succeeded += 1;
        counter.good(owner.clock);
      } else owner.fastSuccess(closed);
      return value;
    };
    this.#error = error => {
      owner.fastFailure(closed, error);
      throw error;
    };
  }

  run<T>(call: () => T | PromiseLike<T>): Promise<T> {
    this.#owner.admitted += 1;
    return settled<T, T>(call, this.#value as (value: T) => T, this.#error);
  }
}

/**
 * Calls `call`, then one of the two. The call's own promise is used where it is one already; a throw at once becomes a
 * rejection. As with `await`, a `then` that was put on a promise is not called: it could throw, or call neither.
 */
export function settled<T, U>(
  call: () => T | PromiseLike<T>,
  onValue: (value: T) => U,
  onError: (error: unknown) => never,
): Promise<U> {
  return then.call(begin(call), onValue, onError) as Promise<U>;
}

const { then } = Promise.prototype;

function begin<T>(call: () => T | PromiseLike<T>): Promise<T> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}
