import { createHttpPolicy, type KeyMetrics } from '@cutout/http';
import { describe, expect, it } from 'vitest';
import { SPARK_STEPS } from './snapshot.ts';
import { percent, Track } from './track.ts';

const time = (now: number) => ({ now });
const policy = createHttpPolicy();
policy.breaker('https://a.example');
const EMPTY = policy.metricsOf('https://a.example') as KeyMetrics;

interface Counts {
  readonly good?: number;
  readonly bad?: number;
  readonly broken?: number;
  readonly refused?: number;
  readonly retries?: number;
}

/** Counters of a circuit with one attempt per call. */
function counted({ good = 0, bad = 0, broken = 0, refused = 0, retries = 0 }: Counts): KeyMetrics {
  return {
    ...EMPTY,
    answers: { success: good, failure: bad, ignore: 0 },
    brokenBodies: broken,
    rejected: refused,
    retries,
    calls: { ...EMPTY.calls, 'first-try': good - broken, failed: bad + broken, refused },
  };
}

describe('rates', () => {
  it('cover the time since the mark before the last', () => {
    const track = new Track(time(0));
    track.mark(counted({ good: 50 }), time(5_000));
    expect(track.rates(counted({ good: 60, bad: 10, retries: 7 }), 7_000)).toEqual({
      calls: 10,
      refused: 0,
      retriesPerCall: 0.1,
    });
    track.mark(counted({ good: 100 }), time(10_000));
    expect(track.rates(counted({ good: 120, refused: 35 }), 12_000)).toMatchObject({ calls: 15, refused: 5 });
  });

  it('leave out what was counted before the first reading', () => {
    const track = new Track(time(0), counted({ good: 1_000_000 }));
    expect(track.rates(counted({ good: 1_000_000 }), 2_000).calls).toBe(0);
  });

  it('of a circuit without calls are 0, not NaN', () => {
    expect(new Track(time(0)).rates(counted({}), 0)).toEqual({ calls: 0, refused: 0, retriesPerCall: 0 });
  });
});

describe('the spark', () => {
  it('has a step per mark, oldest first, with gaps for steps without answers', () => {
    const track = new Track(time(0));
    track.mark(counted({ good: 3, bad: 1 }), time(5_000));
    track.mark(counted({ good: 3, bad: 1, refused: 40 }), time(10_000));
    track.mark(counted({ good: 3, bad: 3 }), time(15_000));
    expect(track.spark.slice(-4)).toEqual([null, 75, null, 0]);
    expect(track.spark).toHaveLength(SPARK_STEPS);
  });

  it('drops steps beyond its length', () => {
    const track = new Track(time(0));
    track.mark(counted({ bad: 9 }), time(5_000));
    for (let step = 1; step <= SPARK_STEPS; step++)
      track.mark(counted({ bad: 9, good: step }), time(5_000 * (step + 1)));
    expect(track.spark).toEqual(Array(SPARK_STEPS).fill(100));
    expect(track.success(counted({ bad: 9, good: SPARK_STEPS }))).toBe(100);
  });

  it('counts a broken body as a failure, even if its headers counted in an earlier step', () => {
    const track = new Track(time(0));
    track.mark(counted({ good: 1 }), time(5_000));
    track.mark(counted({ good: 1, broken: 1 }), time(10_000));
    expect(track.spark.slice(-2)).toEqual([100, 0]);
  });
});

describe('percent', () => {
  it('of a thousand with one failure is not 100', () => {
    expect([percent(999, 1), percent(1, 0), percent(0, 1), percent(0, 0)]).toEqual([99, 100, 0, undefined]);
  });
});

describe('latencies', () => {
  const slow = (count: number): KeyMetrics => ({
    ...EMPTY,
    latency: { count, sumMs: 0, buckets: EMPTY.latency.buckets.map((_, bucket) => (bucket === 3 ? count : 0)) },
  });

  it('are those of the last one to two minutes', () => {
    const track = new Track(time(0));
    let at = 0;
    const minute = (count: number): void => {
      for (let mark = 0; mark < 12; mark++) {
        at += 5_000;
        track.mark(slow(count), time(at));
      }
    };
    minute(7);
    expect(track.latencySince(slow(7))[3]).toBe(7);
    minute(7);
    expect(track.latencySince(slow(10))[3]).toBe(3);
  });
});

describe('moments', () => {
  it('keep their first value until the next change', () => {
    const track = new Track(time(0));
    expect(track.since(1_000.4)).toBe(1_000);
    expect(track.since(1_003)).toBe(1_000);
    expect(track.since(9_000)).toBe(9_000);
    expect(track.since(undefined)).toBeUndefined();
  });

  it('a circuit is down from its first opening until it closes', () => {
    const track = new Track(time(0));
    const downSince = (now: number) => track.downSince({ at: now, now });
    expect(downSince(0)).toBeUndefined();
    track.down(1_000);
    expect(downSince(1_000)).toBe(1_000);
    track.down(5_000);
    expect(downSince(5_000)).toBe(1_000);
    track.closed();
    expect(downSince(6_000)).toBeUndefined();
    track.down(7_000);
    expect(downSince(7_000)).toBe(7_000);
  });

  it('follows an adjustment of the wall clock, so the time down does not change', () => {
    const track = new Track(time(0));
    track.down(1_000);
    expect(track.downSince({ at: 1_000_000, now: 3_000 })).toBe(998_000);
    expect(track.downSince({ at: 9_001_000, now: 4_000 })).toBe(8_998_000);
    expect(track.downSince({ at: 2_000, now: 5_000 })).toBe(-2_000);
  });
});
