/** The latest transitions, with who asked for them. */

import type { TransitionEvent } from '@cutout/core';
import { escaped } from '@cutout/core/internal';
import { TIMELINE_LENGTH, type TimelineEntry } from './snapshot.ts';

export interface Origin {
  readonly id: string;
  readonly policy: string | undefined;
}

export class Timeline {
  readonly #entries: TimelineEntry[] = [];
  #count = 0;
  /** Who has asked for what is told now. */
  #by: string | undefined;

  add({ key, from, to, reason, cause }: TransitionEvent, { id, policy }: Origin, at: number): void {
    const said = cause?.code ?? cause?.status ?? cause?.name;
    this.#count += 1;
    this.#entries.push({
      n: this.#count,
      at,
      id,
      key: escaped(key),
      ...(policy === undefined ? {} : { policy: escaped(policy) }),
      from,
      to,
      reason,
      ...(said === undefined ? {} : { cause: escaped(String(said)) }),
      ...(this.#by === undefined ? {} : { by: this.#by }),
    });
    if (this.#entries.length > TIMELINE_LENGTH) this.#entries.shift();
  }

  /** The number of the latest entry; 0 where there is none. */
  get count(): number {
    return this.#count;
  }

  /** Oldest first: those after the entry of that number, as far as they are kept. */
  since(n: number): TimelineEntry[] {
    const missing = this.#count - n;
    return missing > 0 ? this.#entries.slice(-missing) : [];
  }

  /** Transitions of which `act` is told while it runs are put down to `by`. */
  attributed<T>(by: string, act: () => T): T {
    this.#by = by;
    try {
      return act();
    } finally {
      this.#by = undefined;
    }
  }
}
