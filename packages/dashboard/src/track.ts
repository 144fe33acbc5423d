/** What is remembered of one circuit between two readings: rates and percentiles are differences. */

import type { KeyMetrics } from '@cutout/http';
import type { Moment } from './moment.ts';
import { SPARK_STEPS } from './snapshot.ts';

/** Counters as they were at one time. */
export interface Mark {
  /** Milliseconds, by the clock of {@link Moment} `now`. */
  readonly at: number;
  readonly calls: number;
  readonly refused: number;
  readonly retries: number;
  readonly good: number;
  readonly bad: number;
}

export interface Rates {
  readonly calls: number;
  readonly refused: number;
  readonly retriesPerCall: number;
}

const NOTHING: Omit<Mark, 'at'> = { calls: 0, refused: 0, retries: 0, good: 0, bad: 0 };
/** Marks between which a latency is of the present. */
const LATENCY_MARKS = 12;

export class Track {
  /** The mark before the last, so that a rate is never of less than one step. */
  #before: Mark;
  #last: Mark;
  /** Attempts answered well in each step, and others; the oldest is overwritten. */
  readonly #good = new Uint32Array(SPARK_STEPS);
  readonly #bad = new Uint32Array(SPARK_STEPS);
  /** Sums of both. */
  #allGood = 0;
  #allBad = 0;
  #steps = 0;
  #olderLatency: readonly number[] = [];
  #newerLatency: readonly number[] = [];
  #since: number | undefined;
  #probeAt: number | undefined;
  /** By the clock of {@link Moment} `now`, as all that a difference is made of. */
  #leftClosed: number | undefined;
  #downSince: number | undefined;

  /** `from`: what it counts from, where it has not been from the beginning. */
  constructor({ now: at }: Pick<Moment, 'now'>, from?: KeyMetrics) {
    this.#last = from ? markOf(from, at) : { ...NOTHING, at };
    this.#before = this.#last;
    if (from) this.#olderLatency = this.#newerLatency = from.latency.buckets;
  }

  /** Ends a step. */
  mark(metrics: KeyMetrics, { now }: Pick<Moment, 'now'>): void {
    const mark = markOf(metrics, now);
    const step = this.#steps % SPARK_STEPS;
    // A body that breaks late takes back a good answer of an earlier step.
    this.#allGood += replace(this.#good, step, Math.max(0, mark.good - this.#last.good));
    this.#allBad += replace(this.#bad, step, mark.bad - this.#last.bad);
    this.#before = this.#last;
    this.#last = mark;
    this.#steps += 1;
    if (this.#steps % LATENCY_MARKS === 0) this.#forgetLatency(metrics.latency.buckets);
  }

  /** Per second since the mark before the last. */
  rates(metrics: KeyMetrics, at: number): Rates {
    const now = markOf(metrics, at);
    const seconds = Math.max(1, (at - this.#before.at) / 1_000);
    const calls = now.calls - this.#before.calls;
    const retries = now.retries - this.#before.retries;
    return {
      calls: calls / seconds,
      refused: (now.refused - this.#before.refused) / seconds,
      retriesPerCall: calls > 0 ? retries / calls : 0,
    };
  }

  /** Per cent answered well in each step, oldest first. */
  get spark(): (number | null)[] {
    return Array.from(this.#good, (_, index) => {
      const step = (this.#steps + index) % SPARK_STEPS;
      return percent(this.#good[step] ?? 0, this.#bad[step] ?? 0) ?? null;
    });
  }

  /** Per cent answered well in all that the spark shows, and since. */
  success(metrics: KeyMetrics): number | undefined {
    const { good, bad } = markOf(metrics, 0);
    return percent(Math.max(0, this.#allGood + good - this.#last.good), this.#allBad + bad - this.#last.bad);
  }

  /** The latencies of the last one to two minutes, by bucket. */
  latencySince({ latency }: KeyMetrics): number[] {
    return latency.buckets.map((count, bucket) => Math.max(0, count - (this.#olderLatency[bucket] ?? 0)));
  }

  #forgetLatency(now: readonly number[]): void {
    this.#olderLatency = this.#newerLatency;
    this.#newerLatency = now;
  }

  /** When it came to its state. Two readings of the same moment differ by a little; the first one stands. */
  since(epochMs: number | undefined): number | undefined {
    this.#since = steady(this.#since, epochMs);
    return this.#since;
  }

  /** It is closed, or has been. */
  closed(): void {
    this.#leftClosed = undefined;
    this.#downSince = undefined;
  }

  /** It is not closed, and has not been since then at the latest, by the clock of {@link Moment} `now`. */
  down(since: number): void {
    this.#leftClosed ??= since;
  }

  /** When it was last closed; undefined while it is. */
  downSince({ at, now }: Moment): number | undefined {
    this.#downSince = steady(
      this.#downSince,
      this.#leftClosed === undefined ? undefined : at - (now - this.#leftClosed),
    );
    return this.#downSince;
  }

  /** The end of its open time, likewise. */
  probeAt(epochMs: number | undefined): number | undefined {
    this.#probeAt = steady(this.#probeAt, epochMs);
    return this.#probeAt;
  }
}

function markOf({ calls, rejected, retries, answers, brokenBodies }: KeyMetrics, at: number): Mark {
  // A body that broke was counted as a success by its headers.
  const [good, bad] = [answers.success - brokenBodies, answers.failure + brokenBodies];
  return { at, calls: sum(Object.values(calls)), refused: rejected, retries, good, bad };
}

/** Rounded down short of all: one failure in a thousand is not 100 %. */
export function percent(good: number, bad: number): number | undefined {
  const all = good + bad;
  return all > 0 ? Math.floor((good / all) * 100) : undefined;
}

/** Returns by how much it has grown. */
function replace(counts: Uint32Array, index: number, count: number): number {
  const before = counts[index] ?? 0;
  counts[index] = count;
  return count - before;
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

const STEADY_MS = 100;

function steady(before: number | undefined, now: number | undefined): number | undefined {
  if (before === undefined || now === undefined) return now === undefined ? undefined : Math.round(now);
  return Math.abs(before - now) < STEADY_MS ? before : Math.round(now);
}
