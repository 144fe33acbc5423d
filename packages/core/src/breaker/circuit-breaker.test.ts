import { ManualClock } from '@cutout/testing';
import { describe, expect, it, vi } from 'vitest';
import { type CircuitOpenError, findCircuitOpenError, isCircuitOpenError } from '../common/circuit-open-error.ts';
import type { BreakerEvent } from '../common/events.ts';
import { consecutive } from '../trip/consecutive.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { exponentialOpen } from './open-duration.ts';

const one = { failures: 1 } as const;

describe('options', () => {
  const bad: [options: unknown, Kind: typeof TypeError | typeof RangeError, message: string][] = [
    [null, TypeError, 'options must be an object, got null'],
    [
      { halfOpen: { successThreshold: 9 } },
      RangeError,
      'halfOpen.successThreshold must be at most halfOpen.maxCalls (5), got 9',
    ],
    [{ halfOpen: { maxCalls: 0 } }, RangeError, 'halfOpen.maxCalls must be a positive integer, got 0'],
    [{ halfOpen: { maxCalls: '3' } }, TypeError, 'halfOpen.maxCalls must be a positive integer, got "3"'],
    [
      { halfOpen: { probeTimeoutMs: Number.NaN } },
      RangeError,
      'halfOpen.probeTimeoutMs must be a finite, positive number of milliseconds, got NaN',
    ],
    [{ halfOpen: [] }, TypeError, 'halfOpen must be an object, got []'],
    [
      { openDurationMs: Number.POSITIVE_INFINITY },
      RangeError,
      'openDurationMs must be a finite, positive number of milliseconds, got Infinity',
    ],
    [{ openDuration: 5 }, TypeError, 'openDuration is not an option; did you mean openDurationMs?'],
    [{ trip: [] }, RangeError, 'trip must name at least one trip, got []'],
    [{ failures: 1.5 }, RangeError, 'failures must be a positive integer, got 1.5'],
    [{ failures: '5' }, TypeError, 'failures must be a positive integer, got "5"'],
    [{ forgetAfterMs: -1 }, RangeError, 'forgetAfterMs must be a positive number of milliseconds, got -1'],
    [
      { trip: { type: 'sometimes' } },
      TypeError,
      'trip must be what consecutive(), rate() or adaptive() returns, or an object with name and start(), got {"type":"sometimes"}',
    ],
    [
      { failures: 5, trip: consecutive({ failures: 5 }) },
      TypeError,
      'failures must not be given with trip: it is an option of consecutive()',
    ],
    [
      { forgetAfterMs: 5, trip: [] },
      TypeError,
      'forgetAfterMs must not be given with trip: it is an option of consecutive()',
    ],
    [{ mode: 'on' }, RangeError, "mode must be one of 'enforce', 'shadow', 'off', got \"on\""],
    [{ key: 5 }, TypeError, 'key must be a string, got 5'],
    [{ clock: { now: () => -1 } }, RangeError, 'clock.now() must return milliseconds of at least 0'],
    [{ clock: {} }, TypeError, 'clock must have a now(), got {}'],
    [{ random: 4 }, TypeError, 'random must be a function, got 4'],
  ];
  for (const [options, Kind, message] of bad) {
    it(`refuses with: ${message}`, () => {
      const build = (): CircuitBreaker => new CircuitBreaker(options as never);
      expect(build).toThrow(Kind);
      expect(build).toThrow(message);
    });
  }

  it('reads a successThreshold default from a small maxCalls', () => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ ...one, clock, halfOpen: { maxCalls: 1 } });
    breaker.acquire().failure();
    clock.advance(60_000);
    breaker.acquire().success();
    expect(breaker.state).toBe('closed');
  });

  it('keeps its own copy: changing the object later changes nothing', () => {
    const options = { failures: 1 };
    const breaker = new CircuitBreaker(options);
    options.failures = 100;
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
  });
});

describe('defaults', () => {
  it('are a name of its own and the process clock, in milliseconds since its start', () => {
    const breaker = new CircuitBreaker({ failures: 1 });
    const times: number[] = [];
    breaker.subscribe(event => times.push(event.at));
    const before = performance.now();
    breaker.acquire().failure();
    expect(breaker.key).toBe('default');
    expect(times).toHaveLength(2);
    for (const at of times) expect(at).toBeGreaterThanOrEqual(before);
    for (const at of times) expect(at).toBeLessThanOrEqual(performance.now());
  });
});

describe('refusing', () => {
  it('is what it does while open or isolated, and in no other state or mode', () => {
    const clock = new ManualClock();
    const inMode = (mode: 'enforce' | 'shadow'): boolean[] => {
      const breaker = new CircuitBreaker({ ...one, clock, mode });
      const seen = [breaker.refusing];
      breaker.acquire().failure();
      seen.push(breaker.refusing);
      clock.advance(60_000);
      seen.push(breaker.refusing);
      breaker.isolate();
      return [...seen, breaker.refusing];
    };
    expect(inMode('enforce')).toEqual([false, true, false, true]);
    expect(inMode('shadow')).toEqual([false, false, false, false]);
  });
});

describe('several trips', () => {
  it('follows a whole body for each: what it confirms, no later break takes back', () => {
    const trip = [consecutive({ failures: 5 }), consecutive({ failures: 5 })] as const;
    const breaker = new CircuitBreaker({ trip, clock: new ManualClock() });
    for (let i = 0; i < 4; i++) breaker.acquire().failure();
    const permit = breaker.acquire();
    permit.success('headers');
    breaker.acquire().success();
    permit.revoke();
    expect(breaker.explain().trips).toMatchObject([{ failures: 1 }, { failures: 1 }]);
  });

  it('goes on from a snapshot with the streak of each', () => {
    const trip = [consecutive({ failures: 5 }), consecutive({ failures: 3 })] as const;
    const [before, after] = [0, 1].map(() => new CircuitBreaker({ trip, clock: new ManualClock() })) as [
      CircuitBreaker,
      CircuitBreaker,
    ];
    for (let i = 0; i < 2; i++) before.acquire().failure();
    after.restore(before.snapshot());
    expect(after.explain().trips).toMatchObject([{ failures: 2 }, { failures: 2 }]);
    after.acquire().failure();
    expect(after.state).toBe('open');
  });

  it('has the liveliest evidence of them', () => {
    const clock = new ManualClock();
    const of = (...forgetAfterMs: number[]) =>
      new CircuitBreaker({
        clock,
        trip: forgetAfterMs.map(ms => consecutive({ failures: 5, forgetAfterMs: ms })),
      });
    const breakers = [of(10, 1_000), of(1_000, 10), of(10, 20)];
    for (const breaker of breakers) breaker.acquire().failure();
    clock.advance(500);
    const now = clock.now();
    expect(breakers.map(breaker => breaker.evictionInfo(now).evidence)).toEqual(['live', 'live', 'expired']);
    expect(of(10, 20).evictionInfo(now).evidence).toBe('none');
  });

  it('judges good calls on the short way where one of them may open by those', async () => {
    const clock = new ManualClock();
    const trip = [
      consecutive({ failures: 50 }),
      rate({ failureRatio: 0.5, minimumCalls: 70, window: { type: 'count', size: 100 } }),
    ] as const;
    const breaker = new CircuitBreaker({ clock, trip });
    for (let i = 0; i < 34; i++) await breaker.execute(() => i);
    for (let i = 0; i < 35; i++) await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => 0);
    expect(breaker.state).toBe('closed');
    await breaker.execute(() => 'the seventieth');
    expect(breaker.state).toBe('open');
  });

  it('opens when any one trips, and follows bodies for each', () => {
    const trip = [consecutive({ failures: 9 }), consecutive({ failures: 2 })] as const;
    const breaker = new CircuitBreaker({ trip, clock: new ManualClock() });
    breaker.acquire().failure();
    const permit = breaker.acquire();
    permit.success('headers');
    permit.revoke();
    expect(breaker.state).toBe('open');
  });

  it('takes a late break of a probe that the closed period did not admit', () => {
    const clock = new ManualClock();
    const trip = [consecutive({ failures: 1 }), consecutive({ failures: 3 })] as const;
    const breaker = new CircuitBreaker({ trip, clock, halfOpen: { maxCalls: 1 } });
    breaker.acquire().failure();
    clock.advance(60_000);
    const probe = breaker.acquire();
    probe.success('headers');
    clock.advance(30_001);
    probe.revoke();
    expect(breaker.state).toBe('open');
  });
});

describe('modes', () => {
  it('shadow decides and reports, and refuses nothing', () => {
    const breaker = new CircuitBreaker({ ...one, mode: 'shadow' });
    const events: string[] = [];
    breaker.subscribe(event => void events.push(event.type));
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
    breaker.acquire().success();
    expect(events).toEqual(['transition', 'outcome', 'rejected']);
  });

  it('off neither counts nor refuses', () => {
    const breaker = new CircuitBreaker({ ...one, mode: 'off' });
    for (let i = 0; i < 10; i++) breaker.acquire().failure();
    expect(breaker.state).toBe('closed');
  });
});

describe('openDurationMs as a function', () => {
  it('sees key, openings in a row and cause', () => {
    const clock = new ManualClock();
    const seen: unknown[] = [];
    const openDurationMs = (context: { key: string; opens: number; cause?: object }) => {
      seen.push([context.key, context.opens, context.cause]);
      return 10 * context.opens;
    };
    const breaker = new CircuitBreaker({ ...one, clock, key: 'k', openDurationMs, halfOpen: { maxCalls: 1 } });
    const error = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    for (const wait of [10, 20, 30]) {
      breaker.acquire().failure(error);
      expect(breaker.tryAcquire()).toMatchObject({ retryAfterMs: wait });
      clock.advance(wait);
    }
    breaker.acquire().success();
    breaker.acquire().failure();
    const cause = { name: 'TypeError', message: 'fetch failed', code: 'ECONNREFUSED' };
    expect(seen).toEqual([
      ['k', 1, cause],
      ['k', 2, cause],
      ['k', 3, cause],
      ['k', 1, undefined],
    ]);
  });

  it('that throws or returns nonsense leaves the default in force', () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    for (const openDurationMs of [
      () => Number.NaN,
      () => -1,
      () => 'x' as never,
      () => Number.POSITIVE_INFINITY,
      () => fail(),
    ]) {
      const breaker = new CircuitBreaker({ ...one, clock: new ManualClock(), openDurationMs });
      breaker.acquire().failure();
      expect(breaker.tryAcquire()).toMatchObject({ retryAfterMs: 60_000 });
    }
    expect(spy).toHaveBeenCalledTimes(5);
  });

  it('is called once for the opening after an expired probe, so that reading and acting agree', () => {
    const clock = new ManualClock();
    const answers = [10, 50, 500, 5_000];
    const openDurationMs = () => answers.shift() as number;
    const breaker = new CircuitBreaker({ ...one, clock, openDurationMs });
    breaker.acquire().failure();
    clock.advance(10);
    breaker.acquire();
    clock.advance(30_000 + 49);
    expect([breaker.state, breaker.state]).toEqual(['open', 'open']);
    clock.advance(1);
    expect([breaker.state, breaker.state]).toEqual(['half-open', 'half-open']);
    breaker.acquire().ignore();
    expect(answers).toEqual([500, 5_000]);
  });

  it('exponentialOpen grows to its maximum, with jitter that never lengthens it', () => {
    const context = { key: 'k', random: () => 0.5 };
    const plain = exponentialOpen({ initialMs: 100, factor: 3, maxMs: 1_000, jitter: 'none' });
    expect([1, 2, 3, 4, 1_000].map(opens => plain({ ...context, opens }))).toEqual([100, 300, 900, 1_000, 1_000]);
    expect(exponentialOpen({ initialMs: 100, jitter: 'equal' })({ ...context, opens: 1 })).toBe(75);
    expect(exponentialOpen({ initialMs: 100, jitter: 'full' })({ ...context, opens: 1 })).toBe(50);
    expect(() => exponentialOpen({ initialMs: 10, maxMs: 5 })).toThrow('maxMs must be at least initialMs (10), got 5');
  });
});

describe('CircuitOpenError', () => {
  const refusal = (cause?: unknown): CircuitOpenError => {
    const breaker = new CircuitBreaker({ ...one, key: 'https://a.example', clock: new ManualClock() });
    breaker.acquire().failure(cause);
    return breaker.tryAcquire() as CircuitOpenError;
  };

  it('names the circuit, its state, and the time left', () => {
    const error = refusal();
    expect(error).toMatchObject({
      name: 'CircuitOpenError',
      code: 'ERR_CIRCUIT_OPEN',
      state: 'open',
      retryAfterMs: 60_000,
    });
    expect(error.message).toBe('[@cutout/core] circuit "https://a.example" is open');
    expect('cause' in error).toBe(false);
  });

  it('carries a frozen summary of the failure without URLs or the error itself', () => {
    const source = Object.assign(new Error('GET https://user:pw@a.example/secret?x=1 failed'), {
      code: 'ECONNRESET',
      response: {},
    });
    const { cause } = refusal(source);
    expect(cause).toEqual({ name: 'Error', message: 'GET (url) failed', code: 'ECONNRESET' });
    expect(Object.isFrozen(cause)).toBe(true);
    expect(refusal({ status: 503, url: 'https://a' }).cause).toEqual({
      name: 'Response',
      message: 'status 503',
      status: 503,
    });
  });

  it('is recognized by its brand, so that a breaker of another copy of the package works too', async () => {
    const foreign = { [Symbol.for('cutout.CircuitOpenError')]: true };
    const breaker = new CircuitBreaker();
    vi.spyOn(breaker, 'tryAcquire').mockReturnValue(foreign as never);
    await expect(breaker.execute(() => 1, {})).rejects.toBe(foreign);
    expect(() => breaker.acquire()).toThrow();
  });

  it('survives causes whose getters throw, are huge, or are no errors at all', () => {
    const hostile = Object.defineProperty({}, 'message', { get: () => fail() });
    expect(refusal(hostile).cause).toMatchObject({ name: 'Error', message: 'failed' });
    expect(refusal('x'.repeat(1e6)).cause?.message).toHaveLength(200);
    for (const odd of [null, 0, Symbol('s'), () => 1, new Proxy({}, { get: () => fail() })])
      expect(refusal(odd).state).toBe('open');
  });

  it('is found through cause and AggregateError.errors, ten deep, cycles and copies included', () => {
    const error = refusal();
    let wrapped: unknown = error;
    for (let i = 0; i < 10; i++)
      wrapped = i % 2 ? new AggregateError([null, wrapped]) : new Error('w', { cause: wrapped });
    expect(findCircuitOpenError(wrapped)).toBe(error);
    expect(isCircuitOpenError(new Error('eleven', { cause: wrapped }))).toBe(false);
    const circle: { cause?: unknown } = {};
    circle.cause = circle;
    for (const other of [circle, null, undefined, 'x', new Error('no')]) expect(isCircuitOpenError(other)).toBe(false);
    expect(isCircuitOpenError({ [Symbol.for('cutout.CircuitOpenError')]: true })).toBe(true);
  });
});

describe('events', () => {
  it('reach every listener, whatever another one throws or rejects with, which is reported once', async () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const breaker = new CircuitBreaker(one);
    const seen: BreakerEvent[] = [];
    breaker.subscribe(() => fail());
    breaker.subscribe(() => Promise.reject(new Error('async')) as never);
    const stop = breaker.subscribe(event => void seen.push(event));
    breaker.acquire().failure();
    stop();
    breaker.reset();
    await new Promise(resolve => setImmediate(resolve));
    expect(seen.map(event => event.type)).toEqual(['transition', 'outcome']);
    expect(spy).toHaveBeenCalledTimes(2);
  });

  it('keep their order when a listener acts on the breaker', () => {
    const breaker = new CircuitBreaker(one);
    const seen: string[] = [];
    breaker.subscribe(event => void (event.type === 'transition' && event.to === 'open' && breaker.reset()));
    breaker.subscribe(event => void (event.type === 'transition' && seen.push(`${event.from}>${event.to}`)));
    breaker.acquire().failure();
    expect(seen).toEqual(['closed>open', 'open>closed']);
    expect(breaker.state).toBe('closed');
  });

  it('of a listener that feeds itself end, with one report', () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const breaker = new CircuitBreaker();
    breaker.subscribe(() => breaker.acquire().success());
    breaker.acquire().success();
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('report the outcome of each stage, and whether it came too late to count', () => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ ...one, clock });
    const seen: unknown[] = [];
    breaker.subscribe(e => void (e.type === 'outcome' && seen.push([e.verdict, e.stage, e.stale, e.durationMs])));
    const late = breaker.acquire();
    const streamed = breaker.acquire();
    clock.advance(5);
    streamed.success('headers');
    streamed.success('headers');
    breaker.acquire().failure();
    clock.advance(5);
    late.success();
    late.failure();
    streamed.success();
    streamed.revoke();
    expect(seen).toEqual([
      ['success', 'headers', false, 5],
      ['failure', undefined, false, 0],
      ['success', undefined, true, 10],
      ['success', 'body', false, 10],
    ]);
  });
});

function fail(): never {
  throw new Error('on purpose');
}
