/** The last calls of a key, by age. */

import { FAILED, NOWHERE, type Place, SLOW, type Totals, type Window } from './window.ts';
import { EMPTY_BUCKET, joinBuckets, type WindowBucket } from './window-bucket.ts';

/** Default number of steps in which a window of time moves on. */
export const BUCKETS_BY_DEFAULT = 10;

/** Most bars in a drawing of the window. */
const MOST_STEPS = 60;

/**
 * The calls of the last `durationMs`, in `buckets` steps: a call is forgotten a whole window after its bucket began, so
 * at most one bucket early and never late. A place is the number of a bucket since the clock's beginning.
 */
export class TimeWindow implements Window {
  readonly timed = true;
  readonly #durationMs: number;
  readonly #calls: number[];
  /** By bucket, with their sums. Made with the first call that has the flag: most windows have none. */
  #failed: Column | undefined;
  #slow: Column | undefined;
  #callSum = 0;
  #newest = 0;
  /** Where the calls of the newest bucket are counted. */
  #newestAt = 0;
  /** When the newest bucket is full: until then there is nothing to forget. */
  #endsAt: number;

  constructor(durationMs: number, buckets: number) {
    this.#durationMs = durationMs;
    this.#calls = Array(buckets).fill(0);
    this.#endsAt = endOf(0, durationMs, buckets);
  }

  add(flags: number, at: number, now: number): Place {
    this.#forget(now);
    const place = this.placeOf(at);
    if (!this.#isIn(place)) return NOWHERE;
    this.#count(place, 1);
    this.#flag(place, flags, 1);
    return place;
  }

  good(now: number): void {
    if (now >= this.#endsAt) this.#forget(now);
    this.#calls[this.#newestAt] = (this.#calls[this.#newestAt] as number) + 1;
    this.#callSum += 1;
  }

  change(place: Place, flags: number, now: number): boolean {
    this.#forget(now);
    if (!this.#isIn(place)) return false;
    this.#flag(place, flags, 1);
    return true;
  }

  remove(place: Place, flags: number): void {
    if (!this.#isIn(place)) return;
    this.#count(place, -1);
    this.#flag(place, flags, -1);
  }

  holds(place: Place, now: number): boolean {
    return place >= 0 && place > this.placeOf(now) - this.#calls.length;
  }

  totals(now: number): Totals {
    const newest = Math.max(this.#newest, this.placeOf(now));
    if (newest === this.#newest)
      return { calls: this.#callSum, failed: this.#failed?.sum ?? 0, slow: this.#slow?.sum ?? 0 };
    const since = Math.max(0, newest - this.#calls.length + 1);
    const sumOf = (counts: readonly number[] | undefined): number => (counts ? this.#sumSince(since, counts) : 0);
    return { calls: sumOf(this.#calls), failed: sumOf(this.#failed?.counts), slow: sumOf(this.#slow?.counts) };
  }

  buckets(now: number): readonly WindowBucket[] {
    const oldest = Math.max(this.#newest, this.placeOf(now)) - this.#calls.length + 1;
    return joinBuckets(this.#calls.length, MOST_STEPS, index => this.#bucketAt(oldest + index));
  }

  get calm(): boolean {
    return !this.#failed?.sum && !this.#slow?.sum;
  }

  /** Where a call that was counted at `at` is. */
  placeOf(at: number): Place {
    // Multiplied first: the quotient of both would not come out whole where it must.
    return Math.floor((at * this.#calls.length) / this.#durationMs);
  }

  #isIn(place: Place): boolean {
    return place >= 0 && place > this.#newest - this.#calls.length;
  }

  #count(place: Place, amount: number): void {
    const at = place % this.#calls.length;
    this.#calls[at] = (this.#calls[at] as number) + amount;
    this.#callSum += amount;
  }

  #flag(place: Place, flags: number, amount: number): void {
    const at = place % this.#calls.length;
    if (flags & FAILED) {
      this.#failed ??= new Column(this.#calls.length);
      this.#failed.add(at, amount);
    }
    if (flags & SLOW) {
      this.#slow ??= new Column(this.#calls.length);
      this.#slow.add(at, amount);
    }
  }

  /** Empties the buckets that time has come round to; a gap of a thousand windows costs no more than one. */
  #forget(now: number): void {
    if (now < this.#endsAt) return;
    const newest = this.placeOf(now);
    const buckets = this.#calls.length;
    for (let place = Math.max(this.#newest + 1, newest - buckets + 1); place <= newest; place++) {
      const at = place % buckets;
      this.#count(at, -(this.#calls[at] as number));
      this.#failed?.empty(at);
      this.#slow?.empty(at);
    }
    this.#newest = newest;
    this.#newestAt = newest % buckets;
    this.#endsAt = endOf(newest, this.#durationMs, buckets);
  }

  /** Empty before the clock's beginning, and where time has gone on with nothing counted. */
  #bucketAt(place: Place): WindowBucket {
    if (place < 0 || place > this.#newest) return EMPTY_BUCKET;
    const at = place % this.#calls.length;
    return {
      calls: this.#calls[at] as number,
      failed: this.#failed?.counts[at] ?? 0,
      slow: this.#slow?.counts[at] ?? 0,
    };
  }

  /** The sum over the buckets from `place` on. */
  #sumSince(place: Place, counts: readonly number[]): number {
    let sum = 0;
    for (let each = place; each <= this.#newest; each++) sum += counts[each % counts.length] as number;
    return sum;
  }
}

class Column {
  readonly counts: number[];
  sum = 0;

  constructor(buckets: number) {
    this.counts = Array(buckets).fill(0);
  }

  add(at: number, amount: number): void {
    this.counts[at] = (this.counts[at] as number) + amount;
    this.sum += amount;
  }

  empty(at: number): void {
    this.add(at, -(this.counts[at] as number));
  }
}

/** A moment before which the bucket is not full: a little early rather than, by rounding, too late. */
function endOf(place: Place, durationMs: number, buckets: number): number {
  return (((place + 1) * durationMs) / buckets) * (1 - 2 ** -40);
}
