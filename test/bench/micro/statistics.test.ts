import { describe, expect, it } from 'vitest';
import { confidence, deciles, median, quantile, range } from './statistics.ts';

describe('the statistics of the benchmark', () => {
  it('take the median, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 10, 2, 4])).toBe(3);
  });

  it('interpolate between neighbours, whatever the order', () => {
    const upTo100 = Array.from({ length: 101 }, (_, i) => 100 - i);
    expect(deciles(upTo100)).toEqual({ low: 10, middle: 50, high: 90 });
    expect(quantile([20, 10], 0.99)).toBeCloseTo(19.9);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('narrow the confidence interval with more values', () => {
    const upTo = (most: number): number[] => Array.from({ length: most + 1 }, (_, i) => i / most);
    expect(confidence(upTo(99))).toMatchObject({ low: expect.closeTo(0.402), high: expect.closeTo(0.598) });
    expect(confidence(upTo(9_999))).toMatchObject({ low: expect.closeTo(0.4902, 4), high: expect.closeTo(0.5098, 4) });
    expect(confidence([1, 2])).toEqual({ low: 1, middle: 1.5, high: 2 });
  });

  it('sort numbers as numbers, without changing the array', () => {
    const values = [100, 9, 20];
    expect(range(values)).toEqual({ low: 9, middle: 20, high: 100 });
    expect(values).toEqual([100, 9, 20]);
  });

  it('refuse an empty list', () => {
    expect(() => quantile([], 0.5)).toThrow(new RangeError('values must not be empty, got []'));
  });
});
