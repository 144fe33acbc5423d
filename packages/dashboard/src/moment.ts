/** One moment by both clocks: the wall's, for people, and one that is never put right, for differences. */

import { monotonicClock } from '@cutout/core';

export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds by the clock that the circuits go by. */
  readonly now: number;
}

export function moment(): Moment {
  return { at: Date.now(), now: monotonicClock.now() };
}
