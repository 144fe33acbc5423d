import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { CALLS_BEFORE_FAST_PATH } from '../breaker/call-results.ts';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { consecutive } from '../trip/consecutive.ts';
import { BulkheadFullError } from './bulkhead-full-error.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { isNoEvidence, isOwnRefusal } from './no-evidence.ts';

const open = new CircuitOpenError({ key: 'k', state: 'open', reason: 'open', retryAfterMs: 1 });
const full = new BulkheadFullError({ key: 'k', limit: 1, queued: 0, reason: 'bulkhead-full' });
const shortage = Object.assign(new Error('x'), { code: 'EMFILE' });

describe('isOwnRefusal', () => {
  it.each([
    ['a circuit', open],
    ['a bulkhead', full],
  ])('knows the refusal of %s at any depth', (_of, refusal) => {
    expect(isOwnRefusal(refusal)).toBe(true);
    expect(isOwnRefusal(new Error('x', { cause: new Error('y', { cause: refusal }) }))).toBe(true);
    expect(isOwnRefusal(new AggregateError([new Error('x'), refusal]))).toBe(true);
    expect(isOwnRefusal({ detail: { cause: refusal } })).toBe(true);
  });

  it('knows no other error', () => {
    for (const error of [new Error('x'), shortage, undefined, 'open', { code: 'ERR_CIRCUIT_OPEN' }]) {
      expect(isOwnRefusal(error)).toBe(false);
    }
  });
});

describe('isNoEvidence', () => {
  it('takes refusals and shortages, and leaves the rest', () => {
    expect([open, full, shortage].map(isNoEvidence)).toEqual([true, true, true]);
    expect([new Error('x'), undefined, 'x'].map(isNoEvidence)).toEqual([false, false, false]);
  });
});

describe('a rejection that is no evidence', () => {
  const errors: [string, Error][] = [
    ["a circuit's refusal", open],
    ["a bulkhead's refusal", full],
    ['a refusal that an SDK has wrapped', Object.assign(new Error('sdk'), { detail: new Error('x', { cause: open }) })],
    ['a shortage', shortage],
    ['a shortage below a fetch', new TypeError('fetch failed', { cause: shortage })],
  ];
  const trip = consecutive({ failures: 1 });

  it.each(errors)('is ignored by execute and wrap: %s', async (_, error) => {
    const breaker = new CircuitBreaker({ trip });
    const call = (): Promise<never> => Promise.reject(error);
    await expect(breaker.execute(call)).rejects.toBe(error);
    await expect(breaker.execute(call, {})).rejects.toBe(error);
    await expect(breaker.wrap(call)()).rejects.toBe(error);
    expect(breaker.metrics()).toMatchObject({ state: 'closed', inFlight: 0, answers: { failure: 0, ignore: 3 } });
  });

  it.each(errors)('is ignored on the fast path: %s', async (_, error) => {
    const breaker = new CircuitBreaker({ trip });
    for (let i = 0; i < 2 * CALLS_BEFORE_FAST_PATH; i++) await breaker.execute(() => i);
    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(breaker.metrics()).toMatchObject({ state: 'closed', inFlight: 0, answers: { failure: 0, ignore: 1 } });
    await expect(breaker.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(breaker.state).toBe('open');
  });

  it.each(errors)('gives the place of a probe back: %s', async (_, error) => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ clock, trip, halfOpen: { maxCalls: 1, successThreshold: 1 } });
    breaker.acquire().failure();
    clock.advance(60_000);
    for (let i = 0; i < 3; i++) await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(breaker.state).toBe('half-open');
    await breaker.execute(() => 1);
    expect(breaker.state).toBe('closed');
  });

  it.each(errors)('does not shrink a limit that adapts itself: %s', async (_, error) => {
    const bulkhead = new Bulkhead({ maxConcurrent: { type: 'adaptive', initial: 10 } });
    await expect(bulkhead.execute(() => Promise.reject(error))).rejects.toBe(error);
    expect(bulkhead.limit).toBe(10);
    await expect(bulkhead.execute(() => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(bulkhead.limit).toBeLessThan(10);
  });

  it.each(errors)('is answered by a fallback all the same, and classify has the last word: %s', async (_, error) => {
    const breaker = new CircuitBreaker({ trip });
    const call = (): Promise<number> => Promise.reject(error);
    await expect(breaker.execute(call, { fallback: failure => (failure === error ? 7 : 0) })).resolves.toBe(7);
    expect(breaker.state).toBe('closed');
    await expect(breaker.execute(call, { classify: () => 'failure' })).rejects.toBe(error);
    expect(breaker.state).toBe('open');
  });
});
