import { describe, expect, it } from 'vitest';
import { AdaptiveCounter, type AdaptiveOptions, adaptive } from './adaptive.ts';
import type { BuiltInTrip } from './built-in-trip.ts';
import { checkTrip, neverTrips } from './check-trip.ts';
import { type ConsecutiveOptions, consecutive } from './consecutive.ts';
import { type Admitted, carriedOver, type PeriodCounter } from './period-counter.ts';
import { type RateOptions, rate } from './rate.ts';

/** The options of a trip, with the name of its factory. */
type Rule =
  | ({ readonly type: 'consecutive' } & ConsecutiveOptions)
  | ({ readonly type: 'rate' } & RateOptions)
  | ({ readonly type: 'adaptive' } & AdaptiveOptions);

const CONSECUTIVE: Rule & { type: 'consecutive' } = { type: 'consecutive', failures: 3, forgetAfterMs: 100 };
const COUNT: Rule & { type: 'rate' } = { type: 'rate', minimumCalls: 4, window: { type: 'count', size: 4 } };
const TIME: Rule & { type: 'rate' } = { type: 'rate', minimumCalls: 4, window: { type: 'time', durationMs: 1_000 } };
const SLOW: Rule = { ...COUNT, slowCall: { durationMs: 50, ratio: 0.5 } };
const ADAPTIVE: Rule & { type: 'adaptive' } = { type: 'adaptive', minimumCalls: 4 };
const BLIND: Rule = { ...ADAPTIVE, latency: false };

const make = (trip: Rule | readonly Rule[]): PeriodCounter =>
  checkTrip('trip', Array.isArray(trip) ? trip.map(tripOf) : tripOf(trip as Rule))();
const call = (admittedAt = 0): Admitted => ({ admittedAt });

function tripOf({ type, ...options }: Rule): BuiltInTrip {
  if (type === 'consecutive') return consecutive(options as ConsecutiveOptions);
  return type === 'rate' ? rate(options as RateOptions) : adaptive(options as AdaptiveOptions);
}

/** Fails as often as it takes. */
function failing(trip: Rule | readonly Rule[], times: number): PeriodCounter {
  const counter = make(trip);
  for (let i = 0; i < times; i++) counter.failure(call(), 0);
  return counter;
}

describe('every counter', () => {
  it.each<[string, Rule | readonly Rule[], object, object]>([
    ['consecutive', CONSECUTIVE, { timesCalls: false, calm: true, watches: false }, { timesCalls: true, calm: false }],
    ['count', COUNT, { timesCalls: false, calm: true, watches: false }, { timesCalls: false, calm: false }],
    ['time', TIME, { timesCalls: false, calm: true, watches: false }, { timesCalls: false, calm: false }],
    ['slow', SLOW, { timesCalls: true, calm: true, watches: true }, { timesCalls: true, calm: false }],
    ['adaptive', ADAPTIVE, { timesCalls: true, calm: false, watches: false }, { timesCalls: true, calm: false }],
    ['adaptive, blind', BLIND, { timesCalls: false, calm: false, watches: false }, { timesCalls: false, calm: false }],
    ['two', [CONSECUTIVE, COUNT], { timesCalls: false, calm: true, watches: false }, { timesCalls: true, calm: false }],
    ['two others', [COUNT, SLOW], { timesCalls: true, calm: true, watches: true }, { timesCalls: true, calm: false }],
    ['one restless', [COUNT, BLIND], { timesCalls: false, calm: false }, { timesCalls: false, calm: false }],
  ])('declares what it must receive: %s', (_, trip, fresh, failed) => {
    expect(make(trip)).toMatchObject(fresh);
    expect(failing(trip, 1)).toMatchObject(failed);
  });

  it.each<[string, Rule | readonly Rule[], string]>([
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

  it.each<[string, Rule | readonly Rule[]]>([
    ['consecutive', CONSECUTIVE],
    ['count', COUNT],
    ['time', TIME],
    ['adaptive', ADAPTIVE],
    ['two', [CONSECUTIVE, COUNT]],
  ])('has evidence after a failure and none before: %s', (_, trip) => {
    expect([0, 1].map(times => failing(trip, times).evidence(0))).toEqual(['none', 'live']);
  });

  it.each<[string, Rule | readonly Rule[]]>([
    ['consecutive', CONSECUTIVE],
    ['count', COUNT],
    ['time', TIME],
    ['adaptive', ADAPTIVE],
    ['two', [COUNT, CONSECUTIVE]],
  ])('knows the wait that a failure requested while it counts: %s', (_, trip) => {
    const counter = make(trip);
    expect(counter.requestedUntil(0)).toBeUndefined();
    counter.failure(call(), 0);
    expect(counter.requestedUntil(0)).toBeUndefined();
    counter.failure(call(), 0, 700);
    counter.failure(call(), 0);
    expect(counter.requestedUntil(0)).toBe(700);
  });

  it.each<[string, Rule, number]>([
    ['count', COUNT, 0],
    ['time', TIME, 1_000],
    ['adaptive', ADAPTIVE, 30_000],
  ])('forgets the wait with the failure that requested it: %s', (_, trip, later) => {
    const counter = make(trip);
    counter.failure(call(), 0, 9e9);
    for (let i = 0; i < 4; i++) counter.headers(call(later), later);
    expect(counter.requestedUntil(later)).toBeUndefined();
  });

  it.each<[string, Rule | readonly Rule[], number]>([
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
  it('both receive a whole body', () => {
    const counter = make([CONSECUTIVE, COUNT]);
    counter.broken(call(), 0, counter.headers(call(), 0));
    expect(counter.streak).toBe(1);
    counter.whole(call(), 0, counter.headers(call(), 0));
    expect(counter.streak).toBe(0);
  });

  it('both receive a good call that was not timed', () => {
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
  const adopted = (from: Rule | readonly Rule[], to: Rule | readonly Rule[]): readonly object[] => {
    const earlier = failing(from, 2);
    const list = [...earlier.parts];
    const next = make(to).adopt(list);
    expect(list.length).toBe(earlier.parts.length - next.parts.filter(part => earlier.parts.includes(part)).length);
    return next.readings(0);
  };

  it.each<[string, Rule | readonly Rule[], Rule | readonly Rule[], object[]]>([
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

  it.each<[string, Rule | readonly Rule[], Rule | readonly Rule[]]>([
    ['one to one of two', CONSECUTIVE, [COUNT, CONSECUTIVE]],
    ['one of two to one', [COUNT, CONSECUTIVE], CONSECUTIVE],
    ['one of two to another of two', [COUNT, CONSECUTIVE], [CONSECUTIVE, COUNT]],
    ['one to itself', CONSECUTIVE, CONSECUTIVE],
  ])('carries the token of a call over: %s', (_, from, to) => {
    const earlier = failing(from, 2);
    const token = earlier.headers(call(), 0);
    const next = make(to).adopt([...earlier.parts]);
    next.broken(call(), 0, carriedOver(token, earlier, next));
    // The two failures that its headers had forgiven, and the break.
    expect(next.streak).toBe(3);
  });

  it('has no token for a counter that gave none', () => {
    const earlier = make(COUNT);
    const token = earlier.headers(call(), 0);
    const next = make([CONSECUTIVE, TIME]);
    expect(carriedOver(token, earlier, next)).toEqual([undefined, undefined]);
    expect(carriedOver(token, earlier, make(CONSECUTIVE))).toBeUndefined();
  });
});

describe('the trip option', () => {
  const expected = 'what consecutive(), rate() or adaptive() returns, or an object with name and start()';
  const thrown = (step: () => unknown): unknown => {
    try {
      return step();
    } catch (error) {
      return error;
    }
  };

  it.each<[unknown, string]>([
    [5, `TypeError: trip must be ${expected}, got 5`],
    [null, `TypeError: trip must be ${expected}, got null`],
    ['rate', `TypeError: trip must be ${expected}, got "rate"`],
    [rate, `TypeError: trip must be ${expected}, got a function`],
    [{}, `TypeError: trip must be ${expected}, got {}`],
    [{ type: 5 }, `TypeError: trip must be ${expected}, got {"type":5}`],
    [{ type: 'never' }, `TypeError: trip must be ${expected}, got {"type":"never"}`],
    [
      { type: 'rate', minimumCalls: 5 },
      `TypeError: trip must be what rate() returns, got {"type":"rate","minimumCalls":5}; import { rate } from '@cutout/core'`,
    ],
    [[], 'RangeError: trip must name at least one trip, got []'],
    [[consecutive({ failures: 3 }), null], `TypeError: trip[1] must be ${expected}, got null`],
    [{ start: () => undefined }, 'TypeError: trip.name must be a string that is not empty, got undefined'],
    [{ name: '', start: () => undefined }, 'TypeError: trip.name must be a string that is not empty, got ""'],
    [{ name: 'a', start: 5 }, 'TypeError: trip.start must be a function, got 5'],
  ])('%j is refused', (trip, message) => {
    expect(String(thrown(() => checkTrip('trip', trip)))).toBe(message);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ type: 'consecutive' }, 'TypeError: consecutive.failures must be a positive integer, got undefined'],
    [{ ...CONSECUTIVE, failure: 5 }, 'TypeError: consecutive.failure is not an option; did you mean failures?'],
    [
      { ...COUNT, window: { type: 'count', size: 3 } },
      'RangeError: rate.minimumCalls must be at most rate.window.size (3), got 4',
    ],
    [{ ...COUNT, window: { type: 'size' } }, `RangeError: rate.window.type must be one of 'count', 'time', got "size"`],
    [{ ...COUNT, window: {} }, `TypeError: rate.window.type must be one of 'count', 'time', got undefined`],
    [
      { ...COUNT, window: { type: 'count', size: 1.5 } },
      'RangeError: rate.window.size must be a positive integer up to 100000, got 1.5',
    ],
    [
      { ...TIME, window: { type: 'time' } },
      'TypeError: rate.window.durationMs must be a finite, positive number of milliseconds, got undefined',
    ],
    [
      { ...TIME, window: { type: 'time', durationMs: 5, buckets: 1.5 } },
      'RangeError: rate.window.buckets must be an integer from 2 to 1000, got 1.5',
    ],
    [
      { ...COUNT, slowCall: { ratio: 1 } },
      'TypeError: rate.slowCall.durationMs must be a finite, positive number of milliseconds, got undefined',
    ],
    [
      { ...COUNT, slowCall: { durationMs: 1 } },
      'TypeError: rate.slowCall.ratio must be a number above 0 and up to 1, got undefined',
    ],
  ])('%j is refused by its factory', (rule, message) => {
    expect(String(thrown(() => tripOf(rule as unknown as Rule)))).toBe(message);
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
