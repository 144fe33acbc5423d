/** The history of one circuit: rates and percentiles are differences between readings. */

import type { KeyMetrics } from '@cutout/http';
import type { Moment } from './moment.ts';
import { SPARK_STEPS } from './snapshot.ts';

/** Counters at one moment. */
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
/** The number of marks that latencies cover. */
const LATENCY_MARKS = 12;

export class Track {
  /** The mark before the last, so a rate never covers less than one step. */
  #before: Mark;
  #last: Mark;
  /** Successes per step, and other attempts; the oldest step is overwritten. */
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
  /** By the monotonic clock ({@link Moment} `now`), as for every difference. */
  #leftClosed: number | undefined;
  #downSince: number | undefined;

  /** `from`: the counters to start from, if not 0. */
  constructor({ now: at }: Pick<Moment, 'now'>, from?: KeyMetrics) {
    this.#last = from ? markOf(from, at) : { ...NOTHING, at };
    this.#before = this.#last;
    if (from) this.#olderLatency = this.#newerLatency = from.latency.buckets;
  }

  /** Ends a step. */
  mark(metrics: KeyMetrics, { now }: Pick<Moment, 'now'>): void {
    const mark = markOf(metrics, now);
    const step = this.#steps % SPARK_STEPS;
    // A body that breaks late turns a success of an earlier step into a failure.
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

  /** Percentage of successes per step, oldest first. */
  get spark(): (number | null)[] {
    return Array.from(this.#good, (_, index) => {
      const step = (this.#steps + index) % SPARK_STEPS;
      return percent(this.#good[step] ?? 0, this.#bad[step] ?? 0) ?? null;
    });
  }

  /** Percentage of successes in all steps of the spark, and since. */
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

  /** When the circuit entered its state. Readings of one moment differ slightly; the first one is kept. */
  since(epochMs: number | undefined): number | undefined {
    this.#since = steady(this.#since, epochMs);
    return this.#since;
  }

  /** Records that the circuit is or was closed. */
  closed(): void {
    this.#leftClosed = undefined;
    this.#downSince = undefined;
  }

  /** Records that the circuit is not closed since `now` or earlier, by the monotonic clock. */
  down(since: number): void {
    this.#leftClosed ??= since;
  }

  /** When the circuit was last closed; undefined while closed. */
  downSince({ at, now }: Moment): number | undefined {
    this.#downSince = steady(
      this.#downSince,
      this.#leftClosed === undefined ? undefined : at - (now - this.#leftClosed),
    );
    return this.#downSince;
  }

  /** The end of the open time, likewise. */
  probeAt(epochMs: number | undefined): number | undefined {
    this.#probeAt = steady(this.#probeAt, epochMs);
    return this.#probeAt;
  }
}

function markOf({ calls, rejected, retries, answers, brokenBodies }: KeyMetrics, at: number): Mark {
  // A broken body also counted as a success at its headers.
  const [good, bad] = [answers.success - brokenBodies, answers.failure + brokenBodies];
  return { at, calls: sum(Object.values(calls)), refused: rejected, retries, good, bad };
}

/** Rounds below 100 down: one failure in a thousand is not 100 %. */
export function percent(good: number, bad: number): number | undefined {
  const all = good + bad;
  return all > 0 ? Math.floor((good / all) * 100) : undefined;
}

/** Returns the increase. */
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
