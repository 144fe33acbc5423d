import { ManualClock } from '@cutout/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { BreakerRegistry } from '../registry/registry.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { checkClock, reliableClock } from './reliable.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the timers of the process', () => {
  it('are those that there are when one is set, and fire once', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    monotonicClock.setTimer(100, fire);
    vi.advanceTimersByTime(99);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  it('can be cleared, before and after', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    const clear = monotonicClock.setTimer(100, fire);
    clear();
    vi.advanceTimersByTime(500);
    clear();
    expect(fire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [-5, 1],
    [2 ** 31 - 1, 1],
    [2 ** 31, 0],
    [Number.POSITIVE_INFINITY, 0],
  ])('for %d ms number %d', (ms, count) => {
    vi.useFakeTimers();
    const clear = monotonicClock.setTimer(ms, () => undefined);
    expect(vi.getTimerCount()).toBe(count);
    clear();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keep the process alive, unless they are set in the background', () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    for (const background of [undefined, false, true]) monotonicClock.setTimer(10_000, () => undefined, background)();
    expect(set.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true, true, false]);
  });

  it('are numbers on some platforms', () => {
    vi.stubGlobal('setTimeout', () => 5);
    expect(() => monotonicClock.setTimer(1, () => undefined, true)()).not.toThrow();
    vi.unstubAllGlobals();
  });
});

describe('a clock of the application', () => {
  it('that has no timers is given those of the process', () => {
    vi.useFakeTimers();
    const fire = vi.fn();
    const clear = reliableClock({ now: () => 5 }).setTimer(10, fire);
    expect(vi.getTimerCount()).toBe(1);
    clear();
    expect(vi.getTimerCount()).toBe(0);
    reliableClock({ now: () => 5 }).setTimer(10, fire);
    vi.advanceTimersByTime(10);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  it('sets its own', () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const { setTimer } = clock;
    const seen: unknown[][] = [];
    clock.setTimer = (...args) => {
      seen.push(args);
      return setTimer.apply(clock, args as never);
    };
    const reliable = reliableClock(clock);
    reliable.setTimer(20, () => fired.push(clock.now()), true);
    reliable.setTimer(10, () => fired.push(clock.now()))();
    clock.advance(50);
    expect(fired).toEqual([20]);
    expect(seen.map(([ms, , background]) => [ms, background])).toEqual([
      [20, true],
      [10, undefined],
    ]);
  });

  it.each([
    ['twice', (fire: () => void) => [fire(), fire()]],
    ['at once', (fire: () => void) => fire()],
  ])('that fires %s fires once', (_, act) => {
    const fire = vi.fn();
    reliableClock({
      now: () => 0,
      setTimer(_ms, own) {
        act(own);
        return () => undefined;
      },
    }).setTimer(5, fire);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  it('that fires after its timer was cleared does not fire', () => {
    const fire = vi.fn();
    let late = (): void => undefined;
    const clock: Clock = {
      now: () => 0,
      setTimer(_ms, own) {
        late = own;
        return () => undefined;
      },
    };
    reliableClock(clock).setTimer(5, fire)();
    late();
    expect(fire).not.toHaveBeenCalled();
  });

  it.each<[string, () => unknown, unknown]>([
    [
      'throws',
      () => {
        throw new Error('no timers');
      },
      new Error('no timers'),
    ],
    ['returns a number', () => 5, new TypeError('it must return a function, got 5')],
    ['returns a promise', () => Promise.reject(new Error()), new TypeError('it must return a function, got a promise')],
  ])('whose setTimer %s is reported once, and one of the process is set', (_, setTimer, error) => {
    vi.useFakeTimers();
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const clock = reliableClock({ now: () => 0, setTimer: setTimer as never });
    const fire = vi.fn();
    for (let i = 0; i < 2; i++) clock.setTimer(5, fire);
    clock.setTimer(5, fire)();
    vi.advanceTimersByTime(5);
    expect(fire).toHaveBeenCalledTimes(2);
    expect(reports.mock.calls).toEqual([
      ['[@cutout/core] clock.setTimer failed; the breaker goes on without it', error],
    ]);
  });

  it('whose timers cannot be cleared is reported once, and they do not fire', () => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const clear = reliableClock({
      now: () => 0,
      setTimer: () => () => {
        throw new Error('stuck');
      },
    }).setTimer(5, () => undefined);
    expect(clear).not.toThrow();
    expect(reports).toHaveBeenCalledTimes(1);
  });

  it('must have timers that are a function, if it has any', () => {
    const message = 'clock.setTimer must be a function, got 5';
    const clock = { now: () => 0, setTimer: 5 as never };
    expect(() => checkClock(clock)).toThrow(new TypeError(message));
    expect(() => new CircuitBreaker({ clock })).toThrow(message);
    expect(() => new BreakerRegistry({ clock })).toThrow(message);
    expect(() => new Bulkhead({ maxConcurrent: 1, clock })).toThrow(message);
  });

  it('is that of a breaker and of a registry, with timers', () => {
    const clock = { now: () => 7 };
    for (const { clock: own } of [new CircuitBreaker({ clock }), new BreakerRegistry({ clock })]) {
      expect(own.now()).toBe(7);
      expect(own.setTimer).toBeTypeOf('function');
    }
  });
});

describe('a bulkhead with a clock', () => {
  it('ends waits and times calls by it', async () => {
    const clock = new ManualClock();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 2, queueTimeoutMs: 100, clock });
    await bulkhead.acquire();
    const waits = [bulkhead.acquire(), bulkhead.acquire()];
    const ends = Promise.allSettled(waits);
    clock.advance(99);
    expect(bulkhead.queued).toBe(2);
    clock.advance(1);
    expect(bulkhead.queued).toBe(0);
    expect(await ends).toMatchObject([{ reason: { reason: 'timeout' } }, { reason: { reason: 'timeout' } }]);
    const adaptive = new Bulkhead({ maxConcurrent: { type: 'adaptive', initial: 10, slowCallMs: 50 }, clock });
    await adaptive.execute(() => clock.advance(50));
    expect(adaptive.limit).toBe(9);
  });

  it('sets no timer without a limit, and leaves none behind', async () => {
    vi.useFakeTimers();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 2 });
    const permit = await bulkhead.acquire();
    const waits = bulkhead.acquire();
    expect(vi.getTimerCount()).toBe(0);
    permit.release();
    await waits;
    const limited = new Bulkhead({ maxConcurrent: 1, maxQueue: 2, queueTimeoutMs: 100 });
    const held = await limited.acquire();
    const next = limited.acquire();
    expect(vi.getTimerCount()).toBe(1);
    held.release();
    await next;
    expect(vi.getTimerCount()).toBe(0);
  });
});
