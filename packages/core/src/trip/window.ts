/** Completed calls of the recent past, by number or by age, with totals that cost the same whatever their number. */

import { EMPTY_BUCKET, joinBuckets, type WindowBucket } from './window-bucket.ts';

/** What is known of a counted call. A call may be more than one of them. */
export const FAILED = 1;
export const SLOW = 2;

/** Where a call was counted; it is meant for the window that gave it. -1: nowhere any more. */
export type Place = number;

export const NOWHERE: Place = -1;

export interface Totals {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

/** Every step takes the time, which never runs backwards. */
export interface Window {
  /** Counts a call that was completed, or became slow, at `at`. */
  add(flags: number, at: number, now: number): Place;
  /** Counts a good call that was completed now and is final: its place is not needed. */
  good(now: number): void;
  /** Adds to what is known of a counted call; false where the window has forgotten it. */
  change(place: Place, flags: number, now: number): boolean;
  /** Takes a call back. `flags`: what is known of it. */
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

const COUNTED = 4;

/** Default number of steps in which a window of time moves on. */
export const BUCKETS_BY_DEFAULT = 10;

/** Most bars in a drawing of a window: for steps of time, and for groups of calls. */
const MOST_STEPS = 60;
const MOST_GROUPS = 20;

/** The last `size` calls. */
export class CountWindow implements Window {
  readonly timed = false;
  readonly #slots: Uint8Array;
  #next = 0;
  #calls = 0;
  #failed = 0;
  #slow = 0;

  constructor(size: number) {
    this.#slots = new Uint8Array(size);
  }

  add(flags: number): Place {
    const place = this.#next;
    this.#put(place, COUNTED | flags);
    this.#next += 1;
    return place;
  }

  good(): void {
    const at = this.#next % this.#slots.length;
    // A good call in the place of another changes no total.
    if (this.#slots[at] !== COUNTED) this.#put(at, COUNTED);
    this.#next += 1;
  }

  change(place: Place, flags: number): boolean {
    const holds = this.holds(place);
    if (holds) this.#put(place, this.#at(place) | flags);
    return holds;
  }

  remove(place: Place): void {
    if (this.holds(place)) this.#put(place, 0);
  }

  holds(place: Place): boolean {
    return place >= 0 && place >= this.#next - this.#slots.length;
  }

  totals(): Totals {
    return { calls: this.#calls, failed: this.#failed, slow: this.#slow };
  }

  buckets(): readonly WindowBucket[] {
    const counted = this.#counted();
    return joinBuckets(counted.length, MOST_GROUPS, index => bucketOf(counted[index] as number));
  }

  get calm(): boolean {
    return this.#failed === 0 && this.#slow === 0;
  }

  /** What is known of each call, oldest first. The place that is filled next has the oldest, or nothing yet. */
  #counted(): number[] {
    const counted: number[] = [];
    for (let place = this.#next; place < this.#next + this.#slots.length; place++) {
      const flags = this.#at(place);
      if (flags !== 0) counted.push(flags);
    }
    return counted;
  }

  #at(place: Place): number {
    return this.#slots[place % this.#slots.length] as number;
  }

  #put(place: Place, flags: number): void {
    const before = this.#at(place);
    this.#calls += bit(flags, COUNTED) - bit(before, COUNTED);
    this.#failed += bit(flags, FAILED) - bit(before, FAILED);
    this.#slow += bit(flags, SLOW) - bit(before, SLOW);
    this.#slots[place % this.#slots.length] = flags;
  }
}

function bucketOf(flags: number): WindowBucket {
  return { calls: bit(flags, COUNTED), failed: bit(flags, FAILED), slow: bit(flags, SLOW) };
}

function bit(flags: number, mask: number): number {
  return (flags & mask) === 0 ? 0 : 1;
}

/**
 * The calls of the last `durationMs`, in `buckets` steps: a call is forgotten a whole window after its bucket began, so
 * at most one bucket early and never late. A place is the number of a bucket since the clock's beginning.
 */
export class TimeWindow implements Window {
  readonly timed = true;
  readonly #durationMs: number;
  readonly #buckets: number;
  /** Calls, failures and slow calls of each bucket, three in a row. */
  readonly #counts: number[];
  #newest = 0;
  /** Where the calls of the newest bucket are counted. */
  #newestAt = 0;
  /** When the newest bucket is full: until then there is nothing to forget. */
  #endsAt: number;
  readonly #sum = [0, 0, 0];

  constructor(durationMs: number, buckets: number) {
    this.#durationMs = durationMs;
    this.#buckets = buckets;
    this.#counts = Array(3 * buckets).fill(0);
    this.#endsAt = endOf(0, durationMs, buckets);
  }

  add(flags: number, at: number, now: number): Place {
    this.#forget(now);
    const place = this.placeOf(at);
    if (!this.#isIn(place)) return NOWHERE;
    this.#count(place, 1, flags, 1);
    return place;
  }

  good(now: number): void {
    if (now >= this.#endsAt) this.#forget(now);
    this.#counts[this.#newestAt] = (this.#counts[this.#newestAt] as number) + 1;
    this.#sum[0] = (this.#sum[0] as number) + 1;
  }

  change(place: Place, flags: number, now: number): boolean {
    this.#forget(now);
    if (!this.#isIn(place)) return false;
    this.#count(place, 0, flags, 1);
    return true;
  }

  remove(place: Place, flags: number): void {
    if (this.#isIn(place)) this.#count(place, 1, flags, -1);
  }

  holds(place: Place, now: number): boolean {
    return place >= 0 && place > this.placeOf(now) - this.#buckets;
  }

  totals(now: number): Totals {
    const newest = Math.max(this.#newest, this.placeOf(now));
    const [calls = 0, failed = 0, slow = 0] = newest === this.#newest ? this.#sum : this.#sumSince(newest);
    return { calls, failed, slow };
  }

  buckets(now: number): readonly WindowBucket[] {
    const oldest = Math.max(this.#newest, this.placeOf(now)) - this.#buckets + 1;
    return joinBuckets(this.#buckets, MOST_STEPS, index => this.#bucketAt(oldest + index));
  }

  get calm(): boolean {
    return this.#sum[1] === 0 && this.#sum[2] === 0;
  }

  /** Where a call that was counted at `at` is. */
  placeOf(at: number): Place {
    // Multiplied first: the quotient of both would not come out whole where it must.
    return Math.floor((at * this.#buckets) / this.#durationMs);
  }

  #isIn(place: Place): boolean {
    return place >= 0 && place > this.#newest - this.#buckets;
  }

  #count(place: Place, call: number, flags: number, sign: number): void {
    this.#addTo(place, 0, sign * call);
    this.#addTo(place, 1, sign * bit(flags, FAILED));
    this.#addTo(place, 2, sign * bit(flags, SLOW));
  }

  #addTo(place: Place, which: number, amount: number): void {
    const at = (place % this.#buckets) * 3 + which;
    this.#counts[at] = (this.#counts[at] as number) + amount;
    this.#sum[which] = (this.#sum[which] as number) + amount;
  }

  /** Empties the buckets that time has come round to; a gap of a thousand windows costs no more than one. */
  #forget(now: number): void {
    if (now < this.#endsAt) return;
    const newest = this.placeOf(now);
    for (let place = Math.max(this.#newest + 1, newest - this.#buckets + 1); place <= newest; place++) {
      for (let which = 0; which < 3; which++) this.#addTo(place, which, -this.#countAt(place, which));
    }
    this.#newest = newest;
    this.#newestAt = (newest % this.#buckets) * 3;
    this.#endsAt = endOf(newest, this.#durationMs, this.#buckets);
  }

  #countAt(place: Place, which: number): number {
    return this.#counts[(place % this.#buckets) * 3 + which] as number;
  }

  /** Empty before the clock's beginning, and where time has gone on with nothing counted. */
  #bucketAt(place: Place): WindowBucket {
    if (place < 0 || place > this.#newest) return EMPTY_BUCKET;
    return { calls: this.#countAt(place, 0), failed: this.#countAt(place, 1), slow: this.#countAt(place, 2) };
  }

  /** What is left of the sums when time has come to the bucket `newest`. */
  #sumSince(newest: Place): number[] {
    const sum = [0, 0, 0];
    for (let place = Math.max(0, newest - this.#buckets + 1); place <= this.#newest; place++) {
      for (let which = 0; which < 3; which++) sum[which] = (sum[which] as number) + this.#countAt(place, which);
    }
    return sum;
  }
}

/** A moment before which the bucket is not full: a little early rather than, by rounding, too late. */
function endOf(place: Place, durationMs: number, buckets: number): number {
  return (((place + 1) * durationMs) / buckets) * (1 - 2 ** -40);
}
