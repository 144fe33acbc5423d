import { describe, expect, it } from 'vitest';
import { isFull } from '../common/bulkhead-full-error.ts';
import type { Verdict } from '../common/verdict.ts';
import { Bulkhead } from './bulkhead.ts';
import { type AdaptiveLimitOptions, checkLimit, limitOf } from './concurrency-limit.ts';

const adaptive = (options: Omit<AdaptiveLimitOptions, 'type'> = {}) =>
  limitOf(checkLimit('maxConcurrent', { type: 'adaptive', slowCallMs: 100, ...options }));

describe('an adaptive limit', () => {
  it.each<[string, Verdict, durationMs: number, inFlight: number, after: number]>([
    ['rises by one where half of it is in use', 'success', 10, 10, 21],
    ['stays where less than half of it is in use', 'success', 10, 9, 20],
    ['falls by a tenth after a failure', 'failure', 10, 20, 18],
    ['falls after a failure that came at once, too', 'failure', 0, 1, 18],
    ['falls after a slow call', 'success', 100, 20, 18],
    ['stays without evidence', 'ignore', 1_000, 20, 20],
  ])('%s', (_, verdict, durationMs, inFlight, after) => {
    const limit = adaptive();
    limit.ended(verdict, durationMs, inFlight);
    expect(limit.current).toBe(after);
  });

  it('stays between floor and ceiling, and begins there', () => {
    const limit = adaptive({ floor: 3, ceiling: 6 });
    expect(limit.current).toBe(6);
    for (let i = 0; i < 50; i++) limit.ended('failure', 1, 1);
    expect(limit.current).toBe(3);
    for (let i = 0; i < 50; i++) limit.ended('success', 1, 6);
    expect(limit.current).toBe(6);
    expect(adaptive({ floor: 50 }).current).toBe(50);
  });
});

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('an adaptive limit under random ends', () => {
  it('never leaves its bounds, rises only with good calls in time, and then by one', () => {
    const draw = seeded(6);
    for (let run = 0; run < 200; run++) {
      const floor = 1 + Math.floor(draw() * 20);
      const ceiling = floor + Math.floor(draw() * 20);
      const limit = adaptive({ floor, ceiling, backoffRatio: 0.5 + draw() / 2.1 });
      for (let call = 0; call < 200; call++) {
        const before = limit.current;
        const verdict = (['success', 'failure', 'ignore'] as const)[Math.floor(draw() * 3)] as Verdict;
        const durationMs = draw() * 200;
        limit.ended(verdict, durationMs, 1 + Math.floor(draw() * before));
        const { current } = limit;
        const isGood = verdict === 'success' && durationMs < 100;
        expect([current >= floor, current <= ceiling, Number.isInteger(current)]).toEqual([true, true, true]);
        if (verdict === 'ignore') expect(current).toBe(before);
        else expect(current).toBeLessThanOrEqual(isGood ? before + 1 : Math.max(floor, before - 1));
      }
    }
  });
});

/** Answers `capacity` calls at a time, each in 10 ms; further ones queue there. Requests as many as may run. */
function simulate(bulkhead: Bulkhead, capacity: number, rounds: number): number[] {
  const limits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const slots = [];
    for (let permit = bulkhead.tryAcquire(); !isFull(permit); permit = bulkhead.tryAcquire()) slots.push(permit);
    for (const [i, permit] of slots.entries()) permit.release('success', 10 * Math.ceil((i + 1) / capacity));
    limits.push(bulkhead.limit);
  }
  return limits;
}

describe('before a server that answers 40 calls at a time in 10 ms', () => {
  const bulkhead = (initial: number): Bulkhead =>
    new Bulkhead({ maxConcurrent: { type: 'adaptive', initial, slowCallMs: 30 } });

  it.each([1, 20, 200])('from %i it comes to what is answered in time, and stays near', initial => {
    const last = simulate(bulkhead(initial), 40, 300).slice(-100);
    const mean = last.reduce((sum, each) => sum + each, 0) / last.length;
    expect(mean).toBeGreaterThan(20);
    expect(mean).toBeLessThan(120);
  });

  it('falls to its floor under errors, however fast, and comes back', () => {
    const failing = bulkhead(100);
    for (let i = 0; i < 100; i++) {
      const permit = failing.tryAcquire();
      if (!isFull(permit)) permit.release('failure', 0);
    }
    expect(failing.limit).toBe(1);
    expect(simulate(failing, 40, 20).at(-1)).toBeGreaterThan(20);
  });
});
