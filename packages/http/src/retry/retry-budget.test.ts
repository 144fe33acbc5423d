import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUDGET_DEFAULTS, checkBudget, RetryBudget } from './retry-budget.ts';

const budget = (options: object = {}, now = 0): RetryBudget => new RetryBudget({ ...BUDGET_DEFAULTS, ...options }, now);
const take = (from: RetryBudget, times: number, now = 0): number =>
  Array.from({ length: times }, () => from.take(now)).filter(Boolean).length;

describe('the retry budget', () => {
  it('begins with the reserve', () => {
    expect(take(budget(), 100)).toBe(10);
    expect(take(budget({ minRetriesPerSecond: 0 }), 100)).toBe(0);
    expect(take(budget({ minRetriesPerSecond: 2.5, ttlMs: 2_000 }), 100)).toBe(5);
  });

  it.each([0.1, 0.2, 0.3, 1 / 3, 0.7, 1, 3])('pays for a share of %d of the calls, to the very retry', ratio => {
    const own = budget({ ratio, minRetriesPerSecond: 0 });
    for (let i = 0; i < 1_000; i++) own.deposit(0);
    expect(take(own, 5_000)).toBe(Math.floor((1_000 * Math.round(ratio * 1e6)) / 1e6));
  });

  it('refills the reserve at its rate, by fractions of a second too, and no further than full', () => {
    const own = budget();
    expect(take(own, 100)).toBe(10);
    let taken = 0;
    for (let now = 0; now < 5_000; now += 0.7) taken += take(own, 1, now);
    expect(taken).toBe(4);
    expect(take(own, 100, 5_000)).toBe(1);
    expect(take(own, 100, 1e9)).toBe(10);
  });

  it('lets deposits expire, however long the silence', () => {
    for (const [later, left] of [
      [8_999, 20],
      [10_000, 0],
      [1e12, 0],
    ] as const) {
      const own = budget({ minRetriesPerSecond: 0 });
      for (let i = 0; i < 100; i++) own.deposit(0);
      expect(own.left(later), String(later)).toBe(left);
    }
  });

  it('spends what expires first before the rest, and the reserve last', () => {
    const own = budget({ ratio: 1, minRetriesPerSecond: 0.1 });
    own.deposit(0);
    own.deposit(5_000);
    expect(own.take(5_000)).toBe(true);
    expect(own.left(12_000)).toBe(2);
    expect(take(own, 5, 12_000)).toBe(2);
  });

  it('gives back what was not used', () => {
    const own = budget({ minRetriesPerSecond: 0 });
    for (let i = 0; i < 5; i++) own.deposit(0);
    expect(own.take(0)).toBe(true);
    expect(own.take(0)).toBe(false);
    own.giveBack(1);
    expect(own.take(1)).toBe(true);
    const full = budget();
    full.take(0);
    full.giveBack(0);
    expect(full.left(0)).toBe(10);
  });

  it('never pays for more than deposits and reserve together, whatever comes in whatever order', () => {
    const step = fc.tuple(fc.constantFrom('deposit', 'take', 'giveBack'), fc.nat(3_000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(0.1, 0.2, 0.35, 1), (steps, ratio) => {
        const own = budget({ ratio });
        const [start, out] = [1e6, { now: 1e6, deposits: 0, taken: 0 }];
        for (const [what, wait] of steps) {
          out.now += wait / 7;
          if (what === 'deposit') {
            own.deposit(out.now);
            out.deposits += 1;
          } else if (what === 'take') out.taken += own.take(out.now) ? 1 : 0;
          else if (out.taken > 0) {
            own.giveBack(out.now);
            out.taken -= 1;
          }
          const refilled = (out.now - start) / 1_000;
          expect(out.taken).toBeLessThanOrEqual(out.deposits * ratio + 10 + refilled);
          expect(own.left(out.now)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('its options', () => {
  it('have defaults, and can switch it off', () => {
    expect(checkBudget('budget')).toEqual({ ratio: 0.2, minRetriesPerSecond: 1, ttlMs: 10_000 });
    expect(checkBudget('budget', false)).toBeUndefined();
  });

  it.each([
    [true, 'retry.budget must be an object, got true'],
    [{ ratio: -1 }, 'retry.budget.ratio must be a number from 0 to 10, got -1'],
    [{ ratio: '0.2' }, 'retry.budget.ratio must be a number from 0 to 10, got "0.2"'],
    [{ ttlMs: 1 }, 'retry.budget.ttlMs must be a number of milliseconds from 10 to 3600000, got 1'],
    [
      { minRetriesPerSecond: Number.NaN },
      'retry.budget.minRetriesPerSecond must be a number from 0 to 1000000, got NaN',
    ],
    [{ rate: 1 }, 'retry.budget.rate is not an option'],
  ])('are refused where they are bad: %j', (option, message) => {
    expect(() => checkBudget('retry.budget', option)).toThrow(message);
  });
});
