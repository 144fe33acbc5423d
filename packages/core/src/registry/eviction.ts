/** Which open circuits of keys that are not known a registry keeps. */

import type { CircuitBreaker } from '../breaker/circuit-breaker.ts';

/** Members looked at for one that is open no more. */
const LOOKS = 32;

/** First come, first served, up to `most`. A member that is no open newcomer any more gives its place to another. */
export class OpenNewcomers {
  readonly #most: number;
  readonly #isStill: (breaker: CircuitBreaker) => boolean;
  readonly #members = new Set<CircuitBreaker>();

  constructor(most: number, isStill: (breaker: CircuitBreaker) => boolean) {
    this.#most = most;
    this.#isStill = isStill;
  }

  /** Whether `breaker`, an open newcomer, is a member; it becomes one where there is room. */
  keeps(breaker: CircuitBreaker): boolean {
    if (this.#members.has(breaker)) return true;
    if (this.#members.size >= this.#most) this.#prune();
    if (this.#members.size >= this.#most) return false;
    this.#members.add(breaker);
    return true;
  }

  /** Looks at the next few. Those that stay go to the end, so that all are looked at in turn. */
  #prune(): void {
    const all = this.#members.values();
    for (let left = Math.min(LOOKS, this.#members.size); left > 0; left--) {
      const member = all.next().value as CircuitBreaker;
      this.#members.delete(member);
      if (this.#isStill(member)) this.#members.add(member);
    }
  }
}
