/** The instants before which servers asked not to be called, as long as their failures count. */

import type { Place } from './window.ts';

const MOST_ASKED = 8;
const NONE: readonly never[] = [];

export class AskedUntil {
  /** Each later in its instant than those that follow it. */
  #queue: readonly { readonly until: number; readonly place: Place }[] = NONE;

  add(until: number, place: Place): void {
    const later = this.#queue.filter(each => each.until > until);
    this.#queue = [...later.slice(0, MOST_ASKED - 1), { until, place }];
  }

  latest(counts: (place: Place) => boolean): number | undefined {
    return this.#queue.find(({ place }) => counts(place))?.until;
  }
}
