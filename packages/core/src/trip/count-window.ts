/** The last calls of a key, by number. */

import { FAILED, type Place, SLOW, type Totals, type Window } from './window.ts';
import { joinBuckets, type WindowBucket } from './window-bucket.ts';

const COUNTED = 4;

/** Most bars in a drawing of the window. */
const MOST_GROUPS = 20;

/** The last `size` calls. While all of them are good they need no memory but their number. */
export class CountWindow implements Window {
  readonly timed = false;
  readonly #size: number;
  /** Flags by place. Undefined while every call since the beginning, or of a whole window, is good. */
  #flags: Uint8Array | undefined;
  #next = 0;
  #calls = 0;
  #failed = 0;
  #slow = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(flags: number): Place {
    const place = this.#next;
    if (flags === 0) this.good();
    else {
      this.#put(place, COUNTED | flags);
      this.#next += 1;
    }
    return place;
  }

  good(): void {
    if (this.#flags) {
      this.#put(this.#next, COUNTED);
      if (this.#calls === this.#size && this.calm) this.#flags = undefined;
    }
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
    return place >= 0 && place >= this.#next - this.#size;
  }

  totals(): Totals {
    if (!this.#flags) return { calls: this.#counted, failed: 0, slow: 0 };
    return { calls: this.#calls, failed: this.#failed, slow: this.#slow };
  }

  buckets(): readonly WindowBucket[] {
    const known: number[] = [];
    // The place that is filled next has the oldest call, or none yet.
    for (let place = Math.max(0, this.#next - this.#size); place < this.#next; place++) {
      const flags = this.#at(place);
      if (flags !== 0) known.push(flags);
    }
    return joinBuckets(known.length, MOST_GROUPS, index => bucketOf(known[index] as number));
  }

  get calm(): boolean {
    return !this.#flags || (this.#failed === 0 && this.#slow === 0);
  }

  /** Places that were ever filled, of those that there are. */
  get #counted(): number {
    return Math.min(this.#next, this.#size);
  }

  #at(place: Place): number {
    return this.#flags ? (this.#flags[place % this.#size] as number) : COUNTED;
  }

  #put(place: Place, flags: number): void {
    const all = this.#flags ?? this.#allocate();
    const index = place % this.#size;
    const before = all[index] as number;
    if (before === flags) return;
    this.#calls += bit(flags, COUNTED) - bit(before, COUNTED);
    this.#failed += bit(flags, FAILED) - bit(before, FAILED);
    this.#slow += bit(flags, SLOW) - bit(before, SLOW);
    all[index] = flags;
  }

  /** All calls so far were good. */
  #allocate(): Uint8Array {
    this.#calls = this.#counted;
    this.#failed = 0;
    this.#slow = 0;
    this.#flags = new Uint8Array(this.#size).fill(COUNTED, 0, this.#calls);
    return this.#flags;
  }
}

function bucketOf(flags: number): WindowBucket {
  return { calls: bit(flags, COUNTED), failed: bit(flags, FAILED), slow: bit(flags, SLOW) };
}

function bit(flags: number, mask: number): number {
  return (flags & mask) === 0 ? 0 : 1;
}
