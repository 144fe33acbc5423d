/** The instants until which servers requested a wait (Retry-After), as long as their failures count. */

import type { Place } from './window.ts';

const MOST_WAITS = 8;
const NONE: readonly never[] = [];

export class RequestedWaits {
  /** Each later in its instant than those that follow it. */
  #queue: readonly { readonly until: number; readonly place: Place }[] = NONE;

  add(until: number, place: Place): void {
    const later = this.#queue.filter(each => each.until > until);
    this.#queue = [...later.slice(0, MOST_WAITS - 1), { until, place }];
  }

  latest(counts: (place: Place) => boolean): number | undefined {
    return this.#queue.find(({ place }) => counts(place))?.until;
  }
}
