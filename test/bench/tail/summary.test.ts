import { describe, expect, it } from 'vitest';
import type { Measured } from './measure.ts';
import { summaryOf, tailRatio } from './summary.ts';

const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);
const measured = (rounds: number[][], requests = rounds.flat().length): Measured => ({
  subject: { name: 'one', hedgesLike: undefined, byPercentile: false, make: () => async () => undefined },
  rounds,
  seen: { requests, connections: 3 },
});

describe('the summary of the tail', () => {
  it('combines all rounds', () => {
    const { calls, p50, p95, p99, p999 } = summaryOf(measured([upTo(1_000).reverse(), upTo(1_000)]));
    expect(calls).toBe(2_002);
    expect([p50, p95, p99, p999].map(Math.round)).toEqual([500, 950, 990, 999]);
  });

  it('counts the requests beyond one per call', () => {
    expect(summaryOf(measured([upTo(99)], 104)).extraPercent).toBeCloseTo(4);
    expect(summaryOf(measured([upTo(99)], 100)).extraPercent).toBe(0);
  });

  it('compares the tail of some rounds with the same rounds without hedging, and takes the median', () => {
    const group = (...last: number[]): number[][] => last.map(upTo);
    const without = measured(group(100, 100, 100, 100, 100, 100, 100, 100, 100));
    const hedged = measured(group(100, 100, 100, 100, 200, 200, 200, 200, 100_000));
    const { low, middle } = tailRatio(hedged, without);
    expect(low).toBeCloseTo(99 / 95, 1);
    expect(middle).toBeCloseTo(198 / 95, 1);
  });
});
