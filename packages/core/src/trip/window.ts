/** Completed calls of the recent past, by number or by age. */

import type { WindowBucket } from './window-bucket.ts';

/** Flags of a counted call. A call may have more than one of them. */
export const FAILED = 1;
export const SLOW = 2;

/** Where a call was counted, in the window that returned it. -1: in none any more. */
export type Place = number;

export const NOWHERE: Place = -1;

export interface Totals {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

/** Every step takes the time, which never runs backwards. Totals cost the same whatever the number of calls. */
export interface Window {
  /** Counts a call that was completed, or became slow, at `at`. */
  add(flags: number, at: number, now: number): Place;
  /** Counts a good call that was completed now and is final: its place is not needed. */
  good(now: number): void;
  /** Adds flags to a counted call; false where the window has forgotten it. */
  change(place: Place, flags: number, now: number): boolean;
  /** Uncounts a call. `flags`: all that it has. */
  remove(place: Place, flags: number): void;
  /** Whether the window still holds the call. */
  holds(place: Place, now: number): boolean;
  /** The totals as of `now`. Changes nothing. */
  totals(now: number): Totals;
  /** The same calls in stretches, oldest first, that add up to the totals. Costs what the window is long; changes nothing. */
  buckets(now: number): readonly WindowBucket[];
  /** Whether all that it may still hold is good and in time. */
  readonly calm: boolean;
  /** Whether it goes by age. */
  readonly timed: boolean;
}
