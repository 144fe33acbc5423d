import { ManualClock } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { monotonicClock } from '../common/clock.ts';
import { reliableClock, reliableRandom } from '../common/reliable.ts';
import { BreakerRegistry } from '../registry/registry.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { exponentialOpen } from './open-duration.ts';

const error = new Error('the hook failed');
const boom = (): never => {
  throw error;
};
const rejecting = (): never => Promise.reject(error) as never;
const pending = (): never => new Promise(() => undefined) as never;
const withThen = (on: object, then: PropertyDescriptor): never => Object.defineProperty(on, 'then', then) as never;
const throwingThen = (): never => withThen({}, { get: boom });
const thenable = (): never => withThen({}, { value: boom });

let reported: ReturnType<typeof vi.spyOn>;
const unhandled: unknown[] = [];
const count = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', count);
  reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve));
  process.off('unhandledRejection', count);
  reported.mockRestore();
  expect(unhandled).toEqual([]);
});

const inFlight = (breaker: CircuitBreaker): number => breaker.metrics().inFlight;

describe('classify', () => {
  it.each([
    ['a rejecting promise', rejecting, 'a promise: it must answer at once'],
    ['a promise that never settles', pending, 'a promise: it must answer at once'],
    ['a thenable that throws', thenable, 'a promise: it must answer at once'],
    ['an object that cannot be read', throwingThen, '{}'],
    ['a symbol', (): never => Symbol('x') as never, 'Symbol(x)'],
  ])('that returns %s is refused with an error that shows it, and the permit is released', async (_, classify, got) => {
    const breaker = new CircuitBreaker({ failures: 1 });
    await expect(breaker.execute(() => 1, { classify })).rejects.toThrow(
      new TypeError(`classify must return 'success', 'failure' or 'ignore', got ${got}`),
    );
    expect([inFlight(breaker), breaker.state]).toEqual([0, 'closed']);
  });
});

describe('openDurationMs', () => {
  it.each([
    ['throws', boom, '[@cutout/core] openDurationMs threw; using the default'],
    ['rejects', rejecting, '[@cutout/core] openDurationMs returned a promise; using'],
    ['never settles', pending, '[@cutout/core] openDurationMs returned a promise; using'],
    ['returns no number', () => '5' as never, '[@cutout/core] openDurationMs returned "5"; using'],
    ['returns NaN', () => Number.NaN, '[@cutout/core] openDurationMs returned NaN; using'],
  ])('that %s leaves the default open time, and is reported', (_, openDurationMs, message) => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ clock, openDurationMs, failures: 1 });
    breaker.acquire().failure(new Error('down'));
    expect(breaker.explain().remainingMs).toBe(60_000);
    expect(reported).toHaveBeenCalledWith(message, expect.anything());
  });
});

describe('random', () => {
  const HOOKS: [string, () => number][] = [
    ['throws', boom],
    ['rejects', rejecting],
    ['returns NaN', () => Number.NaN],
    ['returns 1', () => 1],
    ['returns less than 0', () => -0.1],
    ['returns a text', () => '0.5' as never],
  ];

  it.each(HOOKS)('that %s is replaced, and reported once', (_, random) => {
    const draws = Array.from({ length: 20 }, reliableRandom(random));
    expect(draws.every(draw => draw >= 0 && draw < 1)).toBe(true);
    expect(reported).toHaveBeenCalledTimes(1);
  });

  it.each(HOOKS)('that %s neither ends a throttled call nor a jittered opening', (_, random) => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({
      clock,
      random,
      throttle: { minimumCalls: 0, minShare: 0.5 },
      openDurationMs: exponentialOpen({ initialMs: 100, jitter: 'equal' }),
      failures: 3,
    });
    for (let i = 0; i < 1_000 && breaker.state === 'closed'; i++) {
      const answer = breaker.tryAcquire();
      if ('failure' in answer) answer.failure();
    }
    const { remainingMs } = breaker.explain();
    expect(remainingMs).toBeGreaterThan(50);
    expect(remainingMs).toBeLessThanOrEqual(100);
  });

  it('is named in what is reported', () => {
    reliableRandom(() => 2)();
    reliableRandom(boom)();
    expect(reported.mock.calls).toEqual([
      ['[@cutout/core] random returned 2; the breaker goes on without it', undefined],
      ['[@cutout/core] random threw; the breaker goes on without it', error],
    ]);
  });

  it('is left alone where it is good', () => {
    expect(reliableRandom(Math.random)).toBe(Math.random);
    expect(reliableRandom(() => 0)()).toBe(0);
    expect(reported).not.toHaveBeenCalled();
  });
});

describe('the clock', () => {
  it.each<[string, () => number]>([
    ['throws', boom],
    ['rejects', rejecting],
    ['returns NaN', () => Number.NaN],
    ['returns Infinity', () => Number.POSITIVE_INFINITY],
    ['returns a text', () => '9' as never],
  ])('that %s stops, and every call has its answer', async (_, fault) => {
    let fails = false;
    const clock = { now: () => (fails ? fault() : 1_000) };
    const breaker = new CircuitBreaker({ clock, failures: 2 });
    const permit = breaker.acquire();
    fails = true;
    permit.success();
    await expect(breaker.execute(() => 5)).resolves.toBe(5);
    await expect(breaker.execute(boom)).rejects.toBe(error);
    await expect(breaker.execute(boom, { fallback: () => 6 as never })).resolves.toBe(6);
    expect([breaker.state, inFlight(breaker)]).toEqual(['open', 0]);
    expect(breaker.explain().remainingMs).toBe(60_000);
    expect(reported).toHaveBeenCalledTimes(1);
  });

  it('begins at 0 where it has never given a time, and is read with its own this', () => {
    expect(reliableClock({ now: boom }).now()).toBe(0);
    expect(reported).toHaveBeenCalledWith('[@cutout/core] clock.now threw; the breaker goes on without it', error);
    expect(reliableClock(monotonicClock)).toBe(monotonicClock);
    const clock = new ManualClock();
    clock.advance(7);
    const reliable = reliableClock(clock);
    expect(reliable.now()).toBe(clock.now());
    expect(reliableClock(reliable)).toBe(reliable);
    expect(new CircuitBreaker({ clock }).clock.now()).toBe(clock.now());
    expect(new BreakerRegistry({ clock }).clock.now()).toBe(clock.now());
  });
});

describe('a registry that gets options from a function', () => {
  it.each([
    ['a rejecting promise', rejecting, 'a promise: it must answer at once'],
    ['nothing', () => undefined as never, 'undefined'],
    ['null', () => null as never, 'null'],
    ['a number', () => 5 as never, '5'],
  ])('refuses %s with an error that shows it', (_, breaker, got) => {
    const registry = new BreakerRegistry({ breaker });
    expect(() => registry.get('k')).toThrow(new TypeError(`breaker must return an object of options, got ${got}`));
    expect(registry.size).toBe(0);
  });

  it('hands on what it throws, and keeps nothing', () => {
    const registry = new BreakerRegistry({ breaker: boom });
    expect(() => registry.get('k')).toThrow(error);
    expect(registry.size).toBe(0);
  });
});

describe('a listener', () => {
  it.each([
    ['throws', boom],
    ['rejects', rejecting],
    ['never settles', pending],
    ['returns a thenable that throws', thenable],
  ])('that %s changes no call', async (_, listener) => {
    const breaker = new CircuitBreaker({ failures: 1 });
    breaker.subscribe(listener);
    await expect(breaker.execute(() => 1)).resolves.toBe(1);
    await expect(breaker.execute(boom)).rejects.toBe(error);
    expect([breaker.state, inFlight(breaker)]).toEqual(['open', 0]);
  });
});

describe('a call', () => {
  it.each([
    ['throws', boom],
    ['rejects', rejecting],
    ['returns a thenable that throws', thenable],
    ['returns an object that cannot be read', throwingThen],
  ])('that %s is a rejection, counted once, on every way', async (_, call) => {
    const breaker = new CircuitBreaker({
      trip: rate({ minimumCalls: 1_000, window: { type: 'time', durationMs: 1e9 } }),
    });
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    for (let i = 0; i < 40; i++) await breaker.execute(() => i);
    await expect(breaker.execute<unknown>(call)).rejects.toBe(error);
    await expect(breaker.execute<unknown>(call, {})).rejects.toBe(error);
    await expect(breaker.wrap(call)()).rejects.toBe(error);
    await expect(bulkhead.execute<unknown>(call)).rejects.toBe(error);
    expect(breaker.metrics().answers).toEqual({ success: 40, failure: 3, ignore: 0 });
    expect([inFlight(breaker), bulkhead.inFlight]).toEqual([0, 0]);
  });
});

describe('a promise with a then of its own', () => {
  it('is awaited as it is by `await`, and its permit comes back', async () => {
    const breaker = new CircuitBreaker();
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    const call = (): Promise<number> => withThen(Promise.resolve(5), { value: boom });
    for (let i = 0; i < 40; i++) await expect(breaker.execute(call)).resolves.toBe(5);
    await expect(breaker.execute(call, {})).resolves.toBe(5);
    await expect(bulkhead.execute(call)).resolves.toBe(5);
    expect([inFlight(breaker), bulkhead.inFlight]).toEqual([0, 0]);
  });
});

describe('what is no function, or no option', () => {
  const NO_FUNCTIONS: [unknown, string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', '"text"'],
    [Promise.resolve(1), 'a promise'],
  ];

  it.each(NO_FUNCTIONS)('is refused as a call and counts for nothing: %#', async (call, got) => {
    const breaker = new CircuitBreaker({ failures: 1 });
    const refusal = new TypeError(`call must be a function, got ${got}`);
    await expect(breaker.execute(call as never)).rejects.toThrow(refusal);
    await expect(breaker.execute(call as never, {})).rejects.toThrow(refusal);
    await expect(new Bulkhead({ maxConcurrent: 1 }).execute(call as never)).rejects.toThrow(refusal);
    expect(() => breaker.wrap(call as never)).toThrow(new TypeError(`fn must be a function, got ${got}`));
    expect([breaker.state, breaker.metrics().answers]).toEqual(['closed', { success: 0, failure: 0, ignore: 0 }]);
  });

  it.each<[unknown, string]>([
    [{ fallbak: () => 2 }, 'options.fallbak is not an option; did you mean fallback?'],
    [{ timeout: 5 }, 'options.timeout is not an option; known here: signal, fallback, classify'],
    [{ fallback: 5 }, 'options.fallback must be a function, got 5'],
    [{ classify: 'ignore' }, 'options.classify must be a function, got "ignore"'],
    [{ signal: 5 }, 'options.signal must be an AbortSignal, got 5'],
    [{ signal: null }, 'options.signal must be an AbortSignal, got null'],
    [null, 'options must be an object, got null'],
    [5, 'options must be an object, got 5'],
  ])('is refused before the call runs: %#', async (options, message) => {
    const breaker = new CircuitBreaker();
    const call = vi.fn();
    await expect(breaker.execute(call, options as never)).rejects.toThrow(new TypeError(message));
    expect(call).not.toHaveBeenCalled();
    expect(breaker.metrics().answers).toEqual({ success: 0, failure: 0, ignore: 0 });
  });

  it('is refused by a bulkhead too', async () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    await expect(bulkhead.execute(() => 1, { signl: 1 } as never)).rejects.toThrow(
      new TypeError('options.signl is not an option; did you mean signal?'),
    );
    await expect(bulkhead.acquire({ signal: 'no' } as never)).rejects.toThrow(
      new TypeError('options.signal must be an AbortSignal, got "no"'),
    );
    await expect(bulkhead.acquire(null as never)).rejects.toThrow(new TypeError('options must be an object, got null'));
    expect(() => new Bulkhead({ maxConcurrent: 1, key: 5 as never })).toThrow(
      new TypeError('key must be a string, got 5'),
    );
    expect(bulkhead.inFlight).toBe(0);
  });
});
