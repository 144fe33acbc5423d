/**
 * The short way through a closed circuit, for calls whose admission need not be timed and that nobody listens to: one
 * reaction on the call's own promise, and no permit, clock or event.
 *
 * Each closed period has a lane of its own, so that what comes back by it says which period admitted it.
 */

import type { Closed } from './states.ts';

/** Who admits and answers for the lane. */
export interface LaneOwner {
  /** Calls admitted and not yet answered. */
  inFlight: number;
  goodByLane(admittedBy: Closed): void;
  failedByLane(admittedBy: Closed, error: unknown): void;
}

export class Lane {
  readonly #owner: LaneOwner;
  readonly #value: (value: unknown) => unknown;
  readonly #error: (error: unknown) => never;

  constructor(owner: LaneOwner, closed: Closed) {
    this.#owner = owner;
    this.#value = value => {
      owner.goodByLane(closed);
      return value;
    };
    this.#error = error => {
      owner.failedByLane(closed, error);
      throw error;
    };
  }

  run<T>(call: () => T | PromiseLike<T>): Promise<T> {
    this.#owner.inFlight += 1;
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
  return Promise.prototype.then.call(begin(call), onValue, onError) as Promise<U>;
}

function begin<T>(call: () => T | PromiseLike<T>): Promise<T> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}
