import { LATENCY_BOUNDS_MS } from '@cutout/http';
import { expect, it } from 'vitest';
import { percentile } from './percentile.ts';

const buckets = (counts: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, index) => counts[index] ?? 0);

it('is undefined without answers', () => {
  expect(percentile(buckets({}), 0.5)).toBeUndefined();
});

it('spreads the answers of a bucket evenly over it', () => {
  // 10 to 25 ms.
  expect(percentile(buckets({ 2: 4 }), 0.5)).toBe(17.5);
  expect(percentile(buckets({ 2: 4 }), 1)).toBe(25);
  expect(percentile(buckets({ 0: 90, 5: 10 }), 0.9)).toBe(5);
  expect(percentile(buckets({ 0: 90, 5: 10 }), 0.95)).toBe(87.5);
});

it('reports answers slower than every bound as the last bound', () => {
  expect(percentile(buckets({ 0: 1, 14: 9 }), 0.95)).toBe(10_000);
});
