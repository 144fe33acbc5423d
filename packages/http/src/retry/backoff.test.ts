import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type BackoffContext, checkBackoff } from './backoff.ts';

const before = (retry: number): BackoffContext => ({ retry }) as BackoffContext;

describe('backoff', () => {
  it('is exponential up to its maximum, with full jitter by default', () => {
    const lowest = checkBackoff('b', {}, () => 0);
    const highest = checkBackoff('b', undefined, () => 1 - Number.EPSILON);
    expect([1, 2, 3].map(n => lowest(before(n)))).toEqual([0, 0, 0]);
    expect([1, 2, 3, 8, 10_000].map(n => Math.round(highest(before(n))))).toEqual([100, 200, 400, 10_000, 10_000]);
  });

  it('has equal and no jitter too', () => {
    expect(checkBackoff('b', { jitter: 'equal' }, () => 0)(before(1))).toBe(50);
    expect(checkBackoff('b', { jitter: 'none', initialDelayMs: 7, factor: 3 }, () => 0)(before(2))).toBe(21);
  });

  it('is never NaN, negative or more than a timer can hold', () => {
    const number = fc.double({ min: 1e-9, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 1e6 }), (initialDelayMs, factor, retry) => {
        const options = { initialDelayMs, maxDelayMs: 1e300, factor: Math.max(1, factor) };
        const ms = checkBackoff('b', options)(before(retry));
        expect(ms >= 0 && ms <= 2 ** 31 - 1).toBe(true);
      }),
    );
  });

  it('falls back to the default when a function fails, and reports it once', () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const answers: unknown[] = [5, Number.NaN, -1, 'x', Number.POSITIVE_INFINITY];
    const own = checkBackoff(
      'b',
      () => answers.shift(),
      () => 0.5,
    );
    expect(Array.from({ length: 5 }, () => own(before(1)))).toEqual([5, 50, 50, 50, 2 ** 31 - 1]);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('refuses what cannot be', () => {
    expect(() => checkBackoff('retry.backoff', { factor: 0.5 })).toThrow(
      'retry.backoff.factor must be a number of at least 1, got 0.5',
    );
    expect(() => checkBackoff('retry.backoff', { initialDelayMs: 5, maxDelayMs: 4 })).toThrow(
      'retry.backoff.maxDelayMs must be at least retry.backoff.initialDelayMs (5), got 4',
    );
    expect(() => checkBackoff('retry.backoff', { jitter: 'some' })).toThrow(RangeError);
    expect(() => checkBackoff('retry.backoff', 5)).toThrow(TypeError);
  });
});
