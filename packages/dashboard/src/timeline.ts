/** The latest transitions, with the user who made them. */

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
  /** The user of the transitions added now. */
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

  /** The number of the latest entry; 0 without entries. */
  get count(): number {
    return this.#count;
  }

  /** The kept entries after number `n`, oldest first. */
  since(n: number): TimelineEntry[] {
    const missing = this.#count - n;
    return missing > 0 ? this.#entries.slice(-missing) : [];
  }

  /** Attributes the transitions made by `act` to `by`. */
  attributed<T>(by: string, act: () => T): T {
    this.#by = by;
    try {
      return act();
    } finally {
      this.#by = undefined;
    }
  }
}
