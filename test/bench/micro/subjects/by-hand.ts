/** The least that can see how a call ends: one reaction on its promise, and a check which period admitted it. */

import { answer, type Subject } from './subject.ts';

class ByHand {
  period = 0;
  failures = 0;
  endedAt = 0;
  readonly #good: (value: unknown) => unknown;

  constructor(timed: boolean) {
    this.#good = timed ? this.#timedReaction(0) : this.#reaction(0);
  }

  execute<T>(call: () => Promise<T>): Promise<T> {
    return call().then(this.#good) as Promise<T>;
  }

  #reaction(admittedIn: number): (value: unknown) => unknown {
    return value => {
      if (admittedIn === this.period) this.failures = 0;
      return value;
    };
  }

  #timedReaction(admittedIn: number): (value: unknown) => unknown {
    return value => {
      this.endedAt = performance.now();
      if (admittedIn === this.period) this.failures = 0;
      return value;
    };
  }
}

async function call(breaker: ByHand, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await breaker.execute(answer);
}

export const byHand: Subject<ByHand> = { create: () => new ByHand(false), call };
/** The same with a clock reading, which counting by age needs. */
export const byHandTimed: Subject<ByHand> = { create: () => new ByHand(true), call };
