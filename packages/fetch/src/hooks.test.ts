import { bulkhead, hedge } from '@cutout/http';
import { ForeignAbort, SIGNAL_MAKES } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CutoutFetch, createFetch, type FetchOptions } from './create-fetch.ts';

const URL_OF_CALL = 'http://h.test/';
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(() => {
  vi.useFakeTimers();
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  vi.useRealTimers();
  await new Promise(resolve => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

const never = (): Promise<never> => new Promise(() => undefined);
const thrower = (): never => {
  throw new Error('a bug');
};
const hostile = (): object =>
  new Proxy(
    {},
    {
      get: (_, name) => {
        if (name === 'then') return undefined;
        throw new Error(`no ${String(name)}`);
      },
    },
  );
const brokenBody = (): object => ({
  status: 503,
  headers: new Headers(),
  bodyUsed: false,
  body: { locked: false, cancel: thrower },
  clone: thrower,
});
const rejectingBody = (): object => ({ ...brokenBody(), body: { locked: false, cancel: async () => thrower() } });

const FETCHES: Record<string, () => unknown> = {
  throws: thrower,
  rejects: async () => thrower(),
  'rejects with nothing': () => Promise.reject(undefined),
  'rejects with what throws when it is read': () => Promise.reject(hostile()),
  'never settles': never,
  'returns nothing': () => undefined,
  'returns a number': () => 7,
  'returns an empty object': () => ({}),
  'returns what throws when it is read': hostile,
  'returns a response whose body cannot be cancelled': brokenBody,
  'returns a response whose body rejects when it is cancelled': rejectingBody,
  'answers after its time': () => new Promise(resolve => setTimeout(resolve, 1_500, rejectingBody())),
};

const OPTIONS: Record<string, FetchOptions> = {
  'a limit for an attempt': { attemptTimeoutMs: 1_000, retry: { backoff: () => 1 } },
  'a limit for the call': { totalTimeoutMs: 1_000, retry: { backoff: () => 1 } },
  'a hedge and a limit': { totalTimeoutMs: 1_000, retry: false, hedge: hedge({ delayMs: 5, minimumSamples: 0 }) },
  'a fallback that never settles': { totalTimeoutMs: 1_000, retry: { backoff: () => 1 }, fallback: never },
  'a fallback that throws': { totalTimeoutMs: 1_000, retry: false, fallback: thrower },
  'a fallback that answers nonsense': { totalTimeoutMs: 1_000, retry: false, fallback: () => 7 as never },
};

const BULKHEAD = { bulkhead: bulkhead({ maxConcurrent: 2, bodyHoldMs: 1_000 }) };

/** Time for three attempts, their waits, a fallback, and a body that keeps its place. */
const ENOUGH_MS = 10_000;

async function expectAnEnd(fetch: CutoutFetch, call: Promise<unknown>): Promise<void> {
  const end = vi.fn();
  call.then(end, end);
  await vi.advanceTimersByTimeAsync(ENOUGH_MS);
  expect(end).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
  const metrics = fetch.policy.metricsOf(URL_OF_CALL);
  expect([metrics?.inFlight, metrics?.bulkhead?.inFlight]).toEqual([0, 0]);
}

describe.each(Object.entries(OPTIONS))('with %s, a fetch of yours that', (_, options) => {
  it.each(Object.entries(FETCHES))('%s ends the call, and leaves nothing behind', async (_name, client) => {
    const fetch = createFetch({ ...BULKHEAD, ...options, fetch: client as typeof globalThis.fetch });
    await expectAnEnd(fetch, fetch(URL_OF_CALL));
  });
});

describe.each(SIGNAL_MAKES)('a signal of another make: %s', make => {
  it.each(Object.entries(OPTIONS))('ends a call with %s', async (_name, options) => {
    const client = vi.fn(
      (_input: unknown, init?: RequestInit) =>
        new Promise<never>((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    );
    const fetch = createFetch({ ...BULKHEAD, ...options, fetch: client as never });
    const foreign = new ForeignAbort(make);
    const end = fetch(URL_OF_CALL, { signal: foreign.signal }).catch(error => error);
    await vi.advanceTimersByTimeAsync(1);
    foreign.abort();
    expect(await end).toMatchObject({ name: 'AbortError' });
    await expectAnEnd(fetch, end);
    expect(fetch.policy.metricsOf(URL_OF_CALL)?.answers.failure).toBe(0);
  });
});
