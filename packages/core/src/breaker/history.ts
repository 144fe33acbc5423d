/** The past of a circuit: its transitions by number, and the time it has been open. */

import type { BreakerState, TransitionReason } from '../common/breaker-state.ts';

/** How often a circuit has gone one way for one reason. */
export interface TransitionCount {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: TransitionReason;
  readonly count: number;
}

interface Change {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly at: number;
  readonly reason: TransitionReason;
}

/** Milliseconds in a state that refuses, up to a moment. */
export interface TimeSpent {
  readonly openMs: number;
  readonly isolatedMs: number;
}

/** Made with the first transition: most circuits never have one. */
export class History {
  readonly #counts = new Map<string, TransitionCount>();
  #since = 0;
  #openMs = 0;
  #isolatedMs = 0;

  note({ from, to, reason, at }: Change): void {
    const way = `${from} ${to} ${reason}`;
    this.#counts.set(way, { from, to, reason, count: (this.#counts.get(way)?.count ?? 0) + 1 });
    if (from === 'open') this.#openMs += at - this.#since;
    if (from === 'isolated') this.#isolatedMs += at - this.#since;
    this.#since = at;
  }

  get transitions(): readonly TransitionCount[] {
    return [...this.#counts.values()];
  }

  /** When the circuit entered the last state noted. */
  get since(): number {
    return this.#since;
  }

  /** `state`: the last one noted. `until`: now, or the end of that state where its transition is still to come. */
  spent(state: BreakerState, until: number): TimeSpent {
    const ms = until - this.#since;
    return {
      openMs: this.#openMs + (state === 'open' ? ms : 0),
      isolatedMs: this.#isolatedMs + (state === 'isolated' ? ms : 0),
    };
  }
}
