/** One moment by two clocks: the wall clock for display, and a monotonic one for differences. */

import { monotonicClock } from '@cutout/core';

export interface Moment {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds by the monotonic clock. */
  readonly now: number;
}

export function moment(): Moment {
  return { at: Date.now(), now: monotonicClock.now() };
}
