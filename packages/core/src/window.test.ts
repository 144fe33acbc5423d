import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow, FAILED, type Place, SLOW, TimeWindow, type Window } from './window.ts';

const seed = Number(env['MODEL_SEED'] ?? 20_260_101);

/** Every call ever counted, in order; everything is recomputed from the list. */
interface Counted {
  at: number;
  flags: number;
  removed: boolean;
  readonly place: Place;
}

/** Of a call that nobody asks for again. */
const UNASKED = Number.POSITIVE_INFINITY;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), flags: fc.nat(3), ago: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('good' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), flags: fc.nat(3), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), pick: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(15), fc.nat(1_000)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), windows: fc.nat(10), plus: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays the steps on a window and on a list, and compares the totals after each. */
function compare(
  window: Window,
  inWindow: (list: readonly Counted[], now: number) => readonly Counted[],
  steps: readonly Step[],
  windowMs: number,
): void {
  const list: Counted[] = [];
  let now = 0.25;
  for (const each of steps) {
    if (each.do === 'wait') now += each.ms;
    else if (each.do === 'skip') now += each.windows * windowMs + each.plus;
    else if (each.do === 'add') {
      const at = Math.max(0, now - each.ago);
      list.push({ at, flags: each.flags, removed: false, place: window.add(each.flags, at, now) });
    } else if (each.do === 'good') {
      window.good(now);
      list.push({ at: now, flags: 0, removed: false, place: UNASKED });
    } else {
      const counted = list[each.pick % Math.max(1, list.length)];
      if (!counted || counted.removed || counted.place === UNASKED) continue;
      const holds = inWindow(list, now).includes(counted);
      expect(window.holds(counted.place, now)).toBe(holds);
      if (each.do === 'change') {
        expect(window.change(counted.place, each.flags & ~counted.flags, now)).toBe(holds);
        counted.flags |= each.flags;
      } else {
        window.remove(counted.place, counted.flags);
        counted.removed = true;
      }
    }
    const left = inWindow(list, now).filter(({ removed }) => !removed);
    const bad = left.some(({ flags }) => flags !== 0);
    if (bad) expect(window.calm).toBe(false);
    expect(window.totals(now)).toEqual({
      calls: left.length,
      failed: left.filter(({ flags }) => flags & FAILED).length,
      slow: left.filter(({ flags }) => flags & SLOW).length,
    });
  }
}

describe('the count window', () => {
  it('is the last calls of a naive list, for every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
        compare(new CountWindow(size), list => list.slice(-size), steps, size);
      }),
      { numRuns: 400, seed },
    );
  });
});

describe('the time window', () => {
  it('is the recent calls of a naive list, for any number of buckets and any gap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 64 }),
        fc.array(step, { maxLength: 200 }),
        (durationMs, buckets, steps) => {
          // Multiplied first: a rounded quotient would put a call that stands at a bucket's edge into its neighbour.
          const bucketOf = (at: number): number => Math.floor((at * buckets) / durationMs);
          const recent = (list: readonly Counted[], now: number): readonly Counted[] =>
            list.filter(({ at, place }) => place >= 0 && bucketOf(at) > bucketOf(now) - buckets);
          compare(new TimeWindow(durationMs, buckets), recent, steps, durationMs);
        },
      ),
      { numRuns: 400, seed },
    );
  });

  it.each([
    [10_000, 7],
    [100, 11],
    [60_000, 49],
  ])('of %d ms in %d buckets holds a failure until it is exactly that old', (durationMs, buckets) => {
    const window = new TimeWindow(durationMs, buckets);
    window.add(FAILED, 0, 0);
    expect(window.totals(durationMs - 0.25).failed).toBe(1);
    expect(window.totals(durationMs).failed).toBe(0);
    expect(window.holds(0, durationMs)).toBe(false);
  });

  it.each([
    [9_999, 0],
    [9_000, 1],
    [10_000, 0],
    [1e12, 0],
  ])('%d ms after a failure at its very end counts %d', (later, failed) => {
    const window = new TimeWindow(10_000, 10);
    window.add(FAILED, 999, 999);
    expect(window.totals(999 + later).failed).toBe(failed);
  });

  it('holds nothing that is nowhere, and never did', () => {
    const window = new TimeWindow(1_000, 10);
    expect([window.holds(-1, 0), window.change(-1, FAILED, 0)]).toEqual([false, false]);
    window.remove(-1, FAILED);
    expect(window.totals(0)).toEqual({ calls: 0, failed: 0, slow: 0 });
  });

  it.each([
    [0, true],
    [FAILED, false],
    [SLOW, false],
    [FAILED | SLOW, false],
  ])('is calm after a call of kind %d: %s, and again when all is gone', (flags, calm) => {
    for (const window of [new TimeWindow(1_000, 10), new CountWindow(5)] as Window[]) {
      expect(window.calm).toBe(true);
      window.add(flags, 0, 0);
      expect(window.calm).toBe(calm);
      for (let i = 0; i < 5; i++) window.good(5_000);
      expect(window.calm).toBe(true);
    }
    expect([new TimeWindow(1, 1).timed, new CountWindow(1).timed]).toEqual([true, false]);
  });

  it('takes a call that was slow in the past, and none from before the window', () => {
    const window = new TimeWindow(100, 10);
    expect(window.add(SLOW, 905, 1_000)).toBeLessThan(0);
    expect(window.add(SLOW, 915, 1_000)).toBe(91);
    expect(window.totals(1_000)).toEqual({ calls: 1, failed: 0, slow: 1 });
    expect(window.totals(1_010)).toEqual({ calls: 0, failed: 0, slow: 0 });
  });
});
