import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow } from './count-window.ts';
import { TimeWindow } from './time-window.ts';
import { FAILED, type Place, SLOW, type Totals, type Window } from './window.ts';
import type { WindowBucket } from './window-bucket.ts';

const seed = Number(env['MODEL_SEED'] ?? 20_260_101);

/** Every call ever counted, in order; everything is recomputed from the list. */
interface Counted {
  at: number;
  flags: number;
  removed: boolean;
  readonly place: Place;
}

/** The calls of a list that a bucket, or all of a window, should hold. */
function totalsOf(list: readonly Counted[]): Totals {
  return {
    calls: list.length,
    failed: list.filter(({ flags }) => flags & FAILED).length,
    slow: list.filter(({ flags }) => flags & SLOW).length,
  };
}

function added(buckets: readonly WindowBucket[]): Totals {
  const sum = { calls: 0, failed: 0, slow: 0 };
  for (const bucket of buckets) for (const key of ['calls', 'failed', 'slow'] as const) sum[key] += bucket[key];
  return sum;
}

/** A naive joining, from the newest on. */
function joined(parts: readonly (readonly Counted[])[], most: number): WindowBucket[] {
  const width = Math.ceil(parts.length / most);
  const newestFirst = [...parts].reverse();
  const groups = Array.from({ length: Math.ceil(parts.length / width) }, (_, i) =>
    newestFirst.slice(i * width, (i + 1) * width),
  );
  return groups.map(group => totalsOf(group.flat())).reverse();
}

/** The place of a call that is not looked up again. */
const UNUSED = Number.POSITIVE_INFINITY;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), flags: fc.nat(3), ago: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('good' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), flags: fc.nat(3), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), pick: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(15), fc.nat(1_000)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), windows: fc.nat(10), plus: fc.nat(1) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays the steps on a window and on a list, and compares the totals and the buckets after each. */
function compare(
  window: Window,
  inWindow: (list: readonly Counted[], now: number) => readonly Counted[],
  steps: readonly Step[],
  windowMs: number,
  inBuckets: (left: readonly Counted[], now: number) => WindowBucket[],
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
      list.push({ at: now, flags: 0, removed: false, place: UNUSED });
    } else {
      const counted = list[each.pick % Math.max(1, list.length)];
      if (!counted || counted.removed || counted.place === UNUSED) continue;
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
    const buckets = window.buckets(now);
    expect(buckets).toEqual(inBuckets(left, now));
    expect(buckets.length).toBeLessThanOrEqual(window.timed ? 60 : 20);
    // Read after the buckets: reading those has changed nothing.
    expect(window.totals(now)).toEqual(totalsOf(left));
    expect(added(buckets)).toEqual(window.totals(now));
  }
}

describe('the count window', () => {
  it('is the last calls of a naive list, for every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.array(step, { maxLength: 200 }), (size, steps) => {
        const inBuckets = (left: readonly Counted[]): WindowBucket[] =>
          joined(
            left.map(call => [call]),
            20,
          );
        compare(new CountWindow(size), list => list.slice(-size), steps, size, inBuckets);
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
          // Multiplied first: a rounded quotient would put a call at a bucket's edge into its neighbour.
          const bucketOf = (at: number): number => Math.floor((at * buckets) / durationMs);
          const recent = (list: readonly Counted[], now: number): readonly Counted[] =>
            list.filter(({ at, place }) => place >= 0 && bucketOf(at) > bucketOf(now) - buckets);
          const inBuckets = (left: readonly Counted[], now: number): WindowBucket[] => {
            const parts: Counted[][] = Array.from({ length: buckets }, () => []);
            for (const call of left) parts[buckets - 1 - bucketOf(now) + bucketOf(call.at)]?.push(call);
            return joined(parts, 60);
          };
          compare(new TimeWindow(durationMs, buckets), recent, steps, durationMs, inBuckets);
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

const GOOD: WindowBucket = { calls: 1, failed: 0, slow: 0 };
const BAD: WindowBucket = { calls: 1, failed: 1, slow: 0 };
const NONE: WindowBucket = { calls: 0, failed: 0, slow: 0 };

describe('the buckets of a time window', () => {
  it('are there from the beginning, one for each step, the newest last', () => {
    const window = new TimeWindow(400, 4);
    expect(window.buckets(0)).toEqual([NONE, NONE, NONE, NONE]);
    window.add(FAILED | SLOW, 50, 50);
    window.good(150);
    expect(window.buckets(150)).toEqual([NONE, NONE, { calls: 1, failed: 1, slow: 1 }, GOOD]);
  });

  it('move on with time alone, and lose the one that has just left', () => {
    const window = new TimeWindow(400, 4);
    window.add(FAILED, 50, 50);
    window.good(150);
    expect(window.buckets(399)).toEqual([BAD, GOOD, NONE, NONE]);
    expect(window.buckets(400)).toEqual([GOOD, NONE, NONE, NONE]);
    expect(window.buckets(500)).toEqual([NONE, NONE, NONE, NONE]);
    // Looking ahead has forgotten nothing.
    expect(window.buckets(399)).toEqual([BAD, GOOD, NONE, NONE]);
  });

  it('are empty after a gap of a thousand windows, before and after the next call', () => {
    const window = new TimeWindow(400, 4);
    for (const at of [50, 150, 250, 350]) window.add(FAILED, at, at);
    expect(window.buckets(400_350)).toEqual([NONE, NONE, NONE, NONE]);
    window.good(400_350);
    expect(window.buckets(400_350)).toEqual([NONE, NONE, NONE, GOOD]);
  });

  it.each([
    [60, 60, 1, 1],
    [61, 31, 1, 2],
    [120, 60, 2, 2],
    [1_000, 59, 14, 17],
  ])('of %d steps are joined to %d, the oldest of %d, the others of %d', (steps, length, oldest, others) => {
    const window = new TimeWindow(steps, steps);
    for (let at = 0; at < steps; at++) window.good(at);
    const calls = window.buckets(steps - 1).map(bucket => bucket.calls);
    expect(calls).toEqual([oldest, ...Array(length - 1).fill(others)]);
  });
});

describe('the buckets of a count window', () => {
  it('are none where nothing is counted, or all was taken back', () => {
    const window = new CountWindow(3);
    expect(window.buckets()).toEqual([]);
    window.remove(window.add(SLOW));
    expect(window.buckets()).toEqual([]);
  });

  it('are the calls in their order, also when it has wrapped round', () => {
    const window = new CountWindow(3);
    window.add(FAILED);
    window.good();
    expect(window.buckets()).toEqual([BAD, GOOD]);
    window.add(SLOW);
    window.add(FAILED);
    expect(window.buckets()).toEqual([GOOD, { calls: 1, failed: 0, slow: 1 }, BAD]);
  });

  it('leave out a call that was taken back', () => {
    const window = new CountWindow(3);
    window.good();
    const place = window.add(SLOW);
    window.add(FAILED);
    window.remove(place);
    expect(window.buckets()).toEqual([GOOD, BAD]);
  });

  it.each([
    [20, 20, 1, 1],
    [21, 11, 1, 2],
    [40, 20, 2, 2],
    [100_000, 20, 5_000, 5_000],
  ])('of %d calls are joined to %d, the oldest of %d, the others of %d', (size, length, oldest, others) => {
    const window = new CountWindow(size);
    for (let i = 0; i < size; i++) window.good();
    const calls = window.buckets().map(bucket => bucket.calls);
    expect(calls).toEqual([oldest, ...Array(length - 1).fill(others)]);
  });
});

describe('a window of calls that were all good', () => {
  it('holds no more than their number, and is exact when one fails or is taken back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(40), fc.nat(40), (size, before, after) => {
        const window = new CountWindow(size);
        for (let i = 0; i < before; i++) window.good();
        expect(window.totals()).toEqual({ calls: Math.min(before, size), failed: 0, slow: 0 });
        expect(window.calm).toBe(true);
        const failed = window.add(FAILED);
        expect(window.totals()).toEqual({ calls: Math.min(before + 1, size), failed: 1, slow: 0 });
        expect(window.calm).toBe(false);
        for (let i = 0; i < after; i++) window.add(0);
        expect(window.holds(failed)).toBe(after < size);
        const calls = Math.min(before + 1 + after, size);
        expect(window.totals()).toEqual({ calls, failed: after < size ? 1 : 0, slow: 0 });
        const good = window.add(0);
        window.remove(good);
        const full = Math.min(before + 2 + after, size);
        expect(window.totals().calls).toBe(full - 1);
        window.good();
        expect(window.totals().calls).toBe(size === 1 ? 1 : Math.min(before + 3 + after, size) - 1);
      }),
    );
  });
});
