import { ManualClock } from '@cutout/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type ExponentialOpenOptions, exponentialOpen, type OpenContext, openDurationMs } from './open-duration.ts';

afterEach(() => void vi.restoreAllMocks());

const context = (opens: number, random = 0): OpenContext => ({ key: 'k', opens, random: () => random });

describe('a function of the open time', () => {
  const threw = new Error('mine');

  it.each<[string, (context: OpenContext) => number, unknown[]]>([
    ['NaN', () => Number.NaN, ['[@cutout/core] openDurationMs returned NaN; using', 60_000]],
    ['zero', () => 0, ['[@cutout/core] openDurationMs returned 0; using', 60_000]],
    ['text', () => '5' as never, ['[@cutout/core] openDurationMs returned "5"; using', 60_000]],
    ['infinity', () => Number.POSITIVE_INFINITY, ['[@cutout/core] openDurationMs returned Infinity; using', 60_000]],
    [
      'what it throws',
      () => {
        throw threw;
      },
      ['[@cutout/core] openDurationMs threw; using the default', threw],
    ],
  ])('that gives %s leaves the default in force, and that is reported', (_, duration, reported) => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(openDurationMs(duration, context(1))).toBe(60_000);
    expect(spy.mock.calls).toEqual([reported]);
  });

  it('may give any positive number', () => {
    expect([0.1, 1e12].map(ms => openDurationMs(() => ms, context(1)))).toEqual([0.1, 1e12]);
    expect(openDurationMs(7, context(1))).toBe(7);
  });
});

describe('an open time that grows', () => {
  it.each<[ExponentialOpenOptions, number, number, number]>([
    // Options, openings in a row, chance, milliseconds.
    [{}, 1, 0, 5_000],
    [{}, 2, 0, 10_000],
    [{}, 1, 0.5, 3_750],
    [{}, 100, 0, 300_000],
    [{ initialMs: 400_000 }, 1, 0, 400_000],
    [{ initialMs: 400_000 }, 2, 0, 400_000],
    [{ initialMs: 10, maxMs: 10 }, 5, 0, 10],
    [{ initialMs: 100, factor: 1 }, 9, 0, 100],
    [{ initialMs: 100, factor: 3, jitter: 'none' }, 3, 0.9, 900],
    [{ initialMs: 100, jitter: 'full' }, 1, 0.75, 25],
    [{ initialMs: 100, jitter: 'equal' }, 1, 0.75, 62.5],
  ])('%j is, at opening %d and chance %d, %d ms', (options, opens, random, ms) => {
    expect(exponentialOpen(options)(context(opens, random))).toBe(ms);
  });

  it.each<[unknown, string]>([
    [5, 'options must be an object, got 5'],
    [{ initial: 5 }, 'initial is not an option; did you mean initialMs?'],
    [{ initialMs: 0 }, 'initialMs must be a finite, positive number of milliseconds, got 0'],
    [{ factor: 0.9 }, 'factor must be a number of at least 1, got 0.9'],
    [{ maxMs: Number.NaN }, 'maxMs must be a finite, positive number of milliseconds, got NaN'],
    [{ jitter: 'some' }, `jitter must be one of 'full', 'equal', 'none', got "some"`],
    [{ initialMs: 10, maxMs: 5 }, 'maxMs must be at least initialMs (10), got 5'],
  ])('%j is refused', (options, message) => {
    expect(() => exponentialOpen(options as never)).toThrow(message);
  });
});

describe('the wait that the server requested', () => {
  it.each([
    [undefined, 60_000],
    [-1, 60_000],
    [Number.NaN, 60_000],
    [0, 1_000],
    [999, 1_000],
    [2_500, 2_500],
    [1e9, 300_000],
    [Number.POSITIVE_INFINITY, 300_000],
  ])('%s ms opens the circuit for %d', (openForMs, ms) => {
    const breaker = new CircuitBreaker({ clock: new ManualClock(), failures: 1 });
    breaker.acquire().failure(undefined, openForMs === undefined ? {} : { openForMs });
    expect(breaker.tryAcquire()).toMatchObject({ retryAfterMs: ms });
  });
});
