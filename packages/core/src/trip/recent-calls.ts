/** The recent calls of a learning trip, by age: how many, how many failed, how long they took. */

import type { Place } from './window.ts';
import { EMPTY_BUCKET, joinBuckets, type WindowBucket } from './window-bucket.ts';

/** Sums over calls. Latencies are logarithms in whole steps, so that adding and taking away is exact. */
export interface CallSums {
  readonly calls: number;
  readonly failed: number;
  readonly timed: number;
  /** Sum of the latencies' logarithms, in steps. */
  readonly logs: number;
  /** Sum of their squares. */
  readonly logSquares: number;
}

const CALLS = 0;
const FAILED = 1;
const TIMED = 2;
const LOGS = 3;
const SQUARES = 4;
const COLUMNS = 5;
const BUCKETS = 10;
/** Steps of a logarithm per unit: latencies are resolved to a thousandth. */
const STEPS = 1024;
/** Latencies below this many milliseconds are taken as this. */
const SHORTEST_MS = 0.01;

export class RecentCalls {
  readonly #durationMs: number;
  readonly #cells: number[] = Array(COLUMNS * BUCKETS).fill(0);
  readonly #onForgotten: (sums: CallSums, now: number) => void;
  #newest = 0;

  /** `onForgotten` receives the sums of each bucket that leaves the window. */
  constructor(durationMs: number, onForgotten: (sums: CallSums, now: number) => void) {
    this.#durationMs = durationMs;
    this.#onForgotten = onForgotten;
  }

  /** Counts a call completed now. `latencyMs`: undefined where it was not timed. */
  add(failed: boolean, latencyMs: number | undefined, now: number): Place {
    this.#forget(now);
    this.#addTo(this.#newest, CALLS, 1);
    if (failed) this.#addTo(this.#newest, FAILED, 1);
    if (latencyMs !== undefined) this.#time(this.#newest, Math.max(SHORTEST_MS, latencyMs));
    return this.#newest;
  }

  /** A counted call turns out to have failed; false where it is forgotten. */
  fail(place: Place, now: number): boolean {
    this.#forget(now);
    if (place <= this.#newest - BUCKETS) return false;
    this.#addTo(place, FAILED, 1);
    return true;
  }

  holds(place: Place, now: number): boolean {
    return place > this.#bucketAt(now) - BUCKETS;
  }

  /** The sums as of `now`. Changes nothing. */
  sums(now: number): CallSums {
    const sums = Array(COLUMNS).fill(0) as number[];
    const from = Math.max(0, this.#newest - BUCKETS + 1, this.#bucketAt(now) - BUCKETS + 1);
    for (let place = from; place <= this.#newest; place++) {
      for (let column = 0; column < COLUMNS; column++) (sums[column] as number) += this.#at(place, column);
    }
    return asSums(sums);
  }

  /** The same calls bucket by bucket, oldest first. Changes nothing. */
  buckets(now: number): readonly WindowBucket[] {
    const oldest = Math.max(this.#newest, this.#bucketAt(now)) - BUCKETS + 1;
    return joinBuckets(BUCKETS, BUCKETS, index => this.#read(oldest + index));
  }

  #time(place: Place, latencyMs: number): void {
    const log = Math.round(Math.log(latencyMs) * STEPS);
    this.#addTo(place, TIMED, 1);
    this.#addTo(place, LOGS, log);
    this.#addTo(place, SQUARES, log * log);
  }

  #forget(now: number): void {
    const newest = this.#bucketAt(now);
    if (newest <= this.#newest) return;
    const last = Math.min(this.#newest, newest - BUCKETS);
    for (let place = Math.max(0, this.#newest - BUCKETS + 1); place <= last; place++) this.#empty(place, now);
    this.#newest = newest;
  }

  #empty(place: Place, now: number): void {
    const from = (place % BUCKETS) * COLUMNS;
    const bucket = this.#cells.slice(from, from + COLUMNS);
    this.#cells.fill(0, from, from + COLUMNS);
    if (bucket[CALLS]) this.#onForgotten(asSums(bucket), now);
  }

  #bucketAt(now: number): Place {
    return Math.floor((now * BUCKETS) / this.#durationMs);
  }

  /** Empty before the clock's beginning, and where time has gone on with nothing counted. */
  #read(place: Place): WindowBucket {
    if (place < 0 || place > this.#newest) return EMPTY_BUCKET;
    return { calls: this.#at(place, CALLS), failed: this.#at(place, FAILED), slow: 0 };
  }

  #at(place: Place, column: number): number {
    return this.#cells[(place % BUCKETS) * COLUMNS + column] as number;
  }

  #addTo(place: Place, column: number, amount: number): void {
    this.#cells[(place % BUCKETS) * COLUMNS + column] = this.#at(place, column) + amount;
  }
}

function asSums(columns: readonly number[]): CallSums {
  const [calls = 0, failed = 0, timed = 0, logs = 0, logSquares = 0] = columns;
  return { calls, failed, timed, logs, logSquares };
}

/** The mean of the latencies' logarithms, and how they spread around it, in natural units. */
export function logMean({ timed, logs }: CallSums): number {
  return logs / timed / STEPS;
}

export function logDeviation({ timed, logs, logSquares }: CallSums): number {
  const mean = logs / timed;
  return Math.sqrt(Math.max(0, logSquares / timed - mean * mean)) / STEPS;
}
