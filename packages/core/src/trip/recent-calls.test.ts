import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Baseline } from './baseline.ts';
import { type CallSums, logDeviation, logMean, RecentCalls } from './recent-calls.ts';
import type { WindowBucket } from './window-bucket.ts';

const STEPS = 1024;

interface Counted {
  readonly at: number;
  readonly ms: number | undefined;
  failed: boolean;
  readonly place: number;
}

function sumsOf(calls: readonly Counted[]): CallSums {
  const logs = calls.flatMap(({ ms }) => (ms === undefined ? [] : [Math.round(Math.log(Math.max(0.01, ms)) * STEPS)]));
  return {
    calls: calls.length,
    failed: calls.filter(({ failed }) => failed).length,
    timed: logs.length,
    logs: logs.reduce((all, log) => all + log, 0),
    logSquares: logs.reduce((all, log) => all + log * log, 0),
  };
}

function bucketOfCalls(calls: readonly Counted[]): WindowBucket {
  return { calls: calls.length, failed: calls.filter(({ failed }) => failed).length, slow: 0 };
}

function added(all: readonly CallSums[]): CallSums {
  const sum = { calls: 0, failed: 0, timed: 0, logs: 0, logSquares: 0 };
  for (const each of all) for (const key of Object.keys(sum) as (keyof CallSums)[]) sum[key] += each[key];
  return sum;
}

const step = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    failed: fc.boolean(),
    ms: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90_000 })), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('fail' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(120), fc.nat(5_000)) }),
);

describe('recent calls', () => {
  it('are those of a naive list, and what they forget is reported once, bucket by bucket', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(step, { maxLength: 120 }), (durationMs, steps) => {
        const bucketOf = (at: number): number => Math.floor((at * 10) / durationMs);
        const forgotten: CallSums[] = [];
        const recent = new RecentCalls(durationMs, sums => forgotten.push(sums));
        const list: Counted[] = [];
        let now = 0.5;
        for (const each of steps) {
          const isIn = ({ at }: Counted): boolean => bucketOf(at) > bucketOf(now) - 10;
          if (each.do === 'wait') now += each.ms;
          else if (each.do === 'add')
            list.push({ at: now, ms: each.ms, failed: each.failed, place: recent.add(each.failed, each.ms, now) });
          else if (list.length > 0) {
            const counted = list[each.pick % list.length] as Counted;
            expect(recent.holds(counted.place, now)).toBe(isIn(counted));
            if (counted.failed) continue;
            expect(recent.fail(counted.place, now)).toBe(isIn(counted));
            counted.failed ||= isIn(counted);
          }
          const inBucket = (index: number): readonly Counted[] =>
            list.filter(call => bucketOf(call.at) === bucketOf(now) - 9 + index);
          expect(recent.buckets(now)).toEqual(Array.from({ length: 10 }, (_, i) => bucketOfCalls(inBucket(i))));
          // Read after the buckets: reading those has changed nothing.
          expect(recent.sums(now)).toEqual(sumsOf(list.filter(call => bucketOf(call.at) > bucketOf(now) - 10)));
        }
        // Long after, the next call makes it forget all that came before.
        now += 100 * durationMs;
        recent.add(false, undefined, now);
        expect(added(forgotten)).toEqual(sumsOf(list));
        expect(forgotten.every(({ calls }) => calls > 0)).toBe(true);
      }),
    );
  });

  it('have a mean and a deviation of their logarithms', () => {
    const recent = new RecentCalls(1_000, () => undefined);
    for (const ms of [Math.E ** 2, Math.E ** 4]) recent.add(false, ms, 0);
    recent.add(false, undefined, 0);
    expect(logMean(recent.sums(0))).toBe(3);
    expect(logDeviation(recent.sums(0))).toBe(1);
    const same = new RecentCalls(1_000, () => undefined);
    for (let i = 0; i < 7; i++) same.add(false, 33.3, 0);
    expect(logDeviation(same.sums(0))).toBe(0);
  });
});

describe('the buckets of recent calls', () => {
  const NONE = { calls: 0, failed: 0, slow: 0 };

  it('are ten from the beginning, the newest last, and move on with time alone', () => {
    const recent = new RecentCalls(1_000, () => undefined);
    expect(recent.buckets(0)).toEqual(Array(10).fill(NONE));
    recent.add(true, 5, 0);
    const failed = { calls: 1, failed: 1, slow: 0 };
    expect(recent.buckets(99)).toEqual([...Array(9).fill(NONE), failed]);
    expect(recent.buckets(999)).toEqual([failed, ...Array(9).fill(NONE)]);
    expect(recent.buckets(1_000)).toEqual(Array(10).fill(NONE));
    expect(recent.buckets(1_000_000)).toEqual(Array(10).fill(NONE));
    expect(recent.buckets(99)).toEqual([...Array(9).fill(NONE), failed]);
  });
});

describe('the baseline', () => {
  it('adds what is new to what is left of the old, each sum by itself', () => {
    const baseline = new Baseline(1_000);
    baseline.learn({ calls: 10, failed: 2, timed: 8, logs: 40, logSquares: 400 }, 5_000);
    baseline.learn({ calls: 1, failed: 1, timed: 1, logs: 3, logSquares: 9 }, 5_000);
    expect(baseline.sums).toEqual({ calls: 11, failed: 3, timed: 9, logs: 43, logSquares: 409 });
    baseline.learn({ calls: 1, failed: 0, timed: 1, logs: 5, logSquares: 25 }, 6_000);
    const left = Math.exp(-1);
    expect(baseline.sums).toEqual({
      calls: 11 * left + 1,
      failed: 3 * left,
      timed: 9 * left + 1,
      logs: 43 * left + 5,
      logSquares: 409 * left + 25,
    });
  });
});
