import { describe, expect, it } from 'vitest';
import { AdaptiveCounter } from './adaptive.ts';
import { checkTrip, neverTrips, type Trip } from './trip.ts';
import { type Admitted, carriedOver, type TripCounter } from './trip-counter.ts';

const CONSECUTIVE: Trip = { type: 'consecutive', failures: 3, forgetAfterMs: 100 };
const COUNT: Trip = { type: 'rate', minimumCalls: 4, window: { type: 'count', size: 4 } };
const TIME: Trip = { type: 'rate', minimumCalls: 4, window: { type: 'time', durationMs: 1_000 } };
const SLOW: Trip = { ...COUNT, slowCall: { durationMs: 50, ratio: 0.5 } };
const ADAPTIVE: Trip = { type: 'adaptive', minimumCalls: 4 };
const BLIND: Trip = { ...ADAPTIVE, latency: false };

const make = (trip: Trip | readonly Trip[]): TripCounter => checkTrip('trip', trip)();
const call = (admittedAt = 0): Admitted => ({ admittedAt });

/** Fails as often as it takes. */
function failing(trip: Trip | readonly Trip[], times: number): TripCounter {
  const counter = make(trip);
  for (let i = 0; i < times; i++) counter.failure(call(), 0);
  return counter;
}

describe('every counter', () => {
  it.each<[string, Trip | readonly Trip[], object, object]>([
    ['consecutive', CONSECUTIVE, { timesCalls: false, calm: true, watches: false }, { timesCalls: true, calm: false }],
    ['count', COUNT, { timesCalls: false, calm: true, watches: false }, { timesCalls: false, calm: false }],
    ['time', TIME, { timesCalls: false, calm: true, watches: false }, { timesCalls: false, calm: false }],
    ['slow', SLOW, { timesCalls: true, calm: true, watches: true }, { timesCalls: true, calm: false }],
    ['adaptive', ADAPTIVE, { timesCalls: true, calm: false, watches: false }, { timesCalls: true, calm: false }],
    ['adaptive, blind', BLIND, { timesCalls: false, calm: false, watches: false }, { timesCalls: false, calm: false }],
    ['two', [CONSECUTIVE, COUNT], { timesCalls: false, calm: true, watches: false }, { timesCalls: true, calm: false }],
    ['two others', [COUNT, SLOW], { timesCalls: true, calm: true, watches: true }, { timesCalls: true, calm: false }],
    ['one restless', [COUNT, BLIND], { timesCalls: false, calm: false }, { timesCalls: false, calm: false }],
  ])('says what it must be told: %s', (_, trip, fresh, failed) => {
    expect(make(trip)).toMatchObject(fresh);
    expect(failing(trip, 1)).toMatchObject(failed);
  });

  it.each<[string, Trip | readonly Trip[], string]>([
    ['consecutive', CONSECUTIVE, 'consecutive'],
    ['count', COUNT, 'rate'],
    ['time', TIME, 'rate'],
    ['adaptive', ADAPTIVE, 'adaptive'],
    ['two', [COUNT, CONSECUTIVE], 'consecutive'],
    ['two at once', [{ ...CONSECUTIVE, failures: 4 }, COUNT], 'consecutive'],
    ['two at once, the other way round', [COUNT, { ...CONSECUTIVE, failures: 4 }], 'rate'],
  ])('trips once its limit is reached: %s', (_, trip, reason) => {
    const trips = [2, 3, 4].map(times => failing(trip, times).tripped(0));
    expect(trips.filter(Boolean)[0]).toBe(reason);
    expect(trips[0]).toBeUndefined();
  });

  it.each<[string, Trip | readonly Trip[]]>([
    ['consecutive', CONSECUTIVE],
    ['count', COUNT],
    ['time', TIME],
    ['adaptive', ADAPTIVE],
    ['two', [CONSECUTIVE, COUNT]],
  ])('has evidence after a failure and none before: %s', (_, trip) => {
    expect([0, 1].map(times => failing(trip, times).evidence(0))).toEqual(['none', 'live']);
  });

  it.each<[string, Trip | readonly Trip[]]>([
    ['consecutive', CONSECUTIVE],
    ['count', COUNT],
    ['time', TIME],
    ['adaptive', ADAPTIVE],
    ['two', [COUNT, CONSECUTIVE]],
  ])('knows what a failure asked for while it counts: %s', (_, trip) => {
    const counter = make(trip);
    expect(counter.askedUntil(0)).toBeUndefined();
    counter.failure(call(), 0);
    expect(counter.askedUntil(0)).toBeUndefined();
    counter.failure(call(), 0, 700);
    counter.failure(call(), 0);
    expect(counter.askedUntil(0)).toBe(700);
  });

  it.each<[string, Trip, number]>([
    ['count', COUNT, 0],
    ['time', TIME, 1_000],
    ['adaptive', ADAPTIVE, 30_000],
  ])('forgets what a failure asked for with the failure: %s', (_, trip, later) => {
    const counter = make(trip);
    counter.failure(call(), 0, 9e9);
    for (let i = 0; i < 4; i++) counter.headers(call(later), later);
    expect(counter.askedUntil(later)).toBeUndefined();
  });

  it.each<[string, Trip | readonly Trip[], number]>([
    ['consecutive', CONSECUTIVE, 2],
    ['of which one', [COUNT, CONSECUTIVE], 2],
    ['count', COUNT, 0],
    ['adaptive', ADAPTIVE, 0],
  ])('goes on with a streak, where it has one: %s', (_, trip, streak) => {
    const counter = make(trip);
    counter.resume(2, 0);
    expect(counter.streak).toBe(streak);
  });
});

describe('two side by side', () => {
  it('both hear of a whole body', () => {
    const counter = make([CONSECUTIVE, COUNT]);
    counter.broken(call(), 0, counter.headers(call(), 0));
    expect(counter.streak).toBe(1);
    counter.whole(call(), 0, counter.headers(call(), 0));
    expect(counter.streak).toBe(0);
  });

  it('both hear of a good call that nobody timed', () => {
    const counter = make([CONSECUTIVE, COUNT, TIME, BLIND]);
    counter.good({ now: () => 5 });
    expect(counter.readings(5)).toMatchObject([
      { failures: 0 },
      { calls: 1 },
      { calls: 1, failed: 0 },
      { calls: 1, failed: 0 },
    ]);
  });

  it('have expired evidence where one has, and the other none', () => {
    const counter = make([CONSECUTIVE, { ...CONSECUTIVE, forgetAfterMs: 500 }]);
    expect(counter.evidence(0)).toBe('none');
    counter.failure(call(), 0);
    expect([100, 101, 501].map(now => counter.evidence(now))).toEqual(['live', 'live', 'expired']);
    const mixed = make([{ ...TIME, window: { type: 'time', durationMs: 10 } }, CONSECUTIVE]);
    mixed.failure(call(), 0);
    expect(mixed.evidence(200)).toBe('expired');
  });
});

describe('a reconfiguration', () => {
  const adopted = (from: Trip | readonly Trip[], to: Trip | readonly Trip[]): readonly object[] => {
    const earlier = failing(from, 2);
    const list = [...earlier.parts];
    const next = make(to).adopt(list);
    expect(list.length).toBe(earlier.parts.length - next.parts.filter(part => earlier.parts.includes(part)).length);
    return next.readings(0);
  };

  it.each<[string, Trip | readonly Trip[], Trip | readonly Trip[], object[]]>([
    ['keeps a streak under another limit', CONSECUTIVE, { ...CONSECUTIVE, failures: 9 }, [{ failures: 2, limit: 9 }]],
    ['keeps a window of the same shape', COUNT, { ...COUNT, failureRatio: 0.9 }, [{ failed: 2, failureRatio: 0.9 }]],
    ['drops a window of another size', COUNT, { ...COUNT, window: { type: 'count', size: 5 } }, [{ failed: 0 }]],
    ['drops a window of another kind', COUNT, TIME, [{ failed: 0 }]],
    ['drops a window for a streak', COUNT, CONSECUTIVE, [{ failures: 0 }]],
    ['drops a streak for a window', CONSECUTIVE, COUNT, [{ failed: 0 }]],
    ['keeps what was learned with another z', ADAPTIVE, { ...ADAPTIVE, z: 9 }, [{ failed: 2 }]],
    ['drops it with another window', ADAPTIVE, { ...ADAPTIVE, windowMs: 10_000 }, [{ failed: 0 }]],
    ['drops it with another memory', ADAPTIVE, { ...ADAPTIVE, learnMs: 90_000 }, [{ failed: 0 }]],
    ['drops it for a streak', ADAPTIVE, CONSECUTIVE, [{ failures: 0 }]],
    ['drops a streak for it', CONSECUTIVE, ADAPTIVE, [{ failed: 0 }]],
    ['keeps what fits of two', [COUNT, CONSECUTIVE], [CONSECUTIVE, TIME], [{ failures: 2 }, { failed: 0 }]],
    ['keeps one of two', [COUNT, CONSECUTIVE], CONSECUTIVE, [{ failures: 2 }]],
    [
      'gives one counter to one of two alike',
      CONSECUTIVE,
      [CONSECUTIVE, CONSECUTIVE],
      [{ failures: 2 }, { failures: 0 }],
    ],
  ])('%s', (_, from, to, readings) => {
    expect(adopted(from, to)).toMatchObject(readings);
  });

  it.each<[string, Trip | readonly Trip[], Trip | readonly Trip[]]>([
    ['one to one of two', CONSECUTIVE, [COUNT, CONSECUTIVE]],
    ['one of two to one', [COUNT, CONSECUTIVE], CONSECUTIVE],
    ['one of two to another of two', [COUNT, CONSECUTIVE], [CONSECUTIVE, COUNT]],
    ['one to itself', CONSECUTIVE, CONSECUTIVE],
  ])('carries the mark of a call over: %s', (_, from, to) => {
    const earlier = failing(from, 2);
    const mark = earlier.headers(call(), 0);
    const next = make(to).adopt([...earlier.parts]);
    next.broken(call(), 0, carriedOver(mark, earlier, next));
    // The two failures that its headers had excused, and the break.
    expect(next.streak).toBe(3);
  });

  it('has no mark for a counter that gave none', () => {
    const earlier = make(COUNT);
    const mark = earlier.headers(call(), 0);
    const next = make([CONSECUTIVE, TIME]);
    expect(carriedOver(mark, earlier, next)).toEqual([undefined, undefined]);
    expect(carriedOver(mark, earlier, make(CONSECUTIVE))).toBeUndefined();
  });
});

describe('the trip option', () => {
  it.each<[unknown, string]>([
    [5, 'TypeError: trip must be an object, got 5'],
    [null, 'TypeError: trip must be an object, got null'],
    ['rate', 'TypeError: trip must be an object, got "rate"'],
    [{}, "TypeError: trip.type must be 'consecutive', 'rate' or 'adaptive', got undefined"],
    [{ type: 5 }, "TypeError: trip.type must be 'consecutive', 'rate' or 'adaptive', got 5"],
    [{ type: 'never' }, `RangeError: trip.type must be 'consecutive', 'rate' or 'adaptive', got "never"`],
    [[], 'RangeError: trip must name at least one trip, got []'],
    [[CONSECUTIVE, null], 'TypeError: trip[1] must be an object, got null'],
    [{ type: 'consecutive' }, 'TypeError: trip.failures must be a positive integer, got undefined'],
    [
      { ...CONSECUTIVE, type: 'consecutive', failure: 5 },
      'TypeError: trip.failure is not an option; did you mean failures?',
    ],
    [
      { ...COUNT, window: { type: 'count', size: 3 } },
      'RangeError: trip.minimumCalls must be at most trip.window.size (3), got 4',
    ],
    [{ ...COUNT, window: { type: 'size' } }, `RangeError: trip.window.type must be one of 'count', 'time', got "size"`],
    [{ ...COUNT, window: {} }, `TypeError: trip.window.type must be one of 'count', 'time', got undefined`],
    [
      { ...COUNT, window: { type: 'count', size: 1.5 } },
      'RangeError: trip.window.size must be a positive integer up to 100000, got 1.5',
    ],
    [
      { ...TIME, window: { type: 'time' } },
      'TypeError: trip.window.durationMs must be a finite, positive number of milliseconds, got undefined',
    ],
    [
      { ...TIME, window: { type: 'time', durationMs: 5, buckets: 1.5 } },
      'RangeError: trip.window.buckets must be an integer from 2 to 1000, got 1.5',
    ],
    [
      { ...COUNT, slowCall: { ratio: 1 } },
      'TypeError: trip.slowCall.durationMs must be a finite, positive number of milliseconds, got undefined',
    ],
    [
      { ...COUNT, slowCall: { durationMs: 1 } },
      'TypeError: trip.slowCall.ratio must be a number above 0 and up to 1, got undefined',
    ],
  ])('%j is refused', (trip, message) => {
    const error = ((): unknown => {
      try {
        return checkTrip('trip', trip);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error)).toBe(message);
  });

  it('of one in a list is that one', () => {
    expect(make([CONSECUTIVE]).parts).toHaveLength(1);
    expect(make([ADAPTIVE])).toBeInstanceOf(AdaptiveCounter);
  });

  it('for none trips never', () => {
    const counter = neverTrips();
    for (let i = 0; i < 1_000; i++) counter.failure(call(), 0);
    expect([counter.tripped(0), counter.evidence(0), counter.streak, counter.readings(0)]).toEqual([
      undefined,
      'none',
      0,
      [],
    ]);
  });
});
