import { ForeignAbort, SIGNAL_MAKES, type SignalMake } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { hedge } from '../hedge/hedge.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { Attempt } from './attempt.ts';

const KEY = 'https://a.example';
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(() => {
  vi.useFakeTimers();
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  vi.useRealTimers();
  // Rejections are reported once the microtasks have run.
  await new Promise(resolve => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

const requestOf = (signal: AbortSignal): HttpRequest => ({
  method: 'GET',
  url: `${KEY}/`,
  headers: new Headers(),
  replayable: true,
  signal,
});

const answers: Attempt<string> = async () => ({ value: 'ok', outcome: { kind: 'status', status: 200 } });

/** A client that takes signals of any make, and never answers. */
const hangs: Attempt<string> = ({ signal }) =>
  new Promise((_, reject) => {
    const target = signal as AbortSignal & { on?: (type: string, listener: () => void) => void };
    const stop = (): void => reject(signal?.reason ?? new DOMException('aborted', 'AbortError'));
    if (target.addEventListener) target.addEventListener('abort', stop);
    else target.on?.('abort', stop);
  });

const fails: Attempt<string> = async () => ({ value: 'bad', outcome: { kind: 'status', status: 503 } });

/** Each with a client that keeps the call waiting at that very place. */
const WAITS: Record<string, { options: HttpPolicyOptions; attempt: Attempt<string> }> = {
  'no limit': { options: {}, attempt: hangs },
  'a time limit for an attempt': { options: { attemptTimeoutMs: 1_000 }, attempt: hangs },
  'a time limit for the call': { options: { totalTimeoutMs: 1_000 }, attempt: hangs },
  'a hedge that is waited for': { options: { hedge: hedge({ delayMs: 500, minimumSamples: 0 }) }, attempt: hangs },
  'a hedge that is sent': { options: { hedge: hedge({ delayMs: 5, minimumSamples: 0 }) }, attempt: hangs },
  'a hedge and a limit': {
    options: { hedge: hedge({ delayMs: 5, minimumSamples: 0 }), attemptTimeoutMs: 1_000 },
    attempt: hangs,
  },
  'the wait before a retry': { options: { retry: { backoff: () => 1_000 } }, attempt: fails },
  'a fallback': { options: { retry: false, fallback: () => new Promise(() => undefined) }, attempt: fails },
  'a fallback and a limit': {
    options: { retry: false, totalTimeoutMs: 1_000, fallback: () => new Promise(() => undefined) },
    attempt: fails,
  },
};

const endOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch(error => error);

function expectNothingLeft(policy: HttpPolicy): void {
  expect(vi.getTimerCount()).toBe(0);
  expect(policy.metricsOf(KEY)?.inFlight).toBe(0);
}

describe.each(SIGNAL_MAKES)('a signal of another make: %s', (make: SignalMake) => {
  it.each(Object.entries(WAITS))('is taken beside %s, and left without a listener', async (_, { options }) => {
    const policy = createHttpPolicy({ retry: false, ...options });
    const foreign = new ForeignAbort(make);
    expect(await policy.run(requestOf(foreign.signal), answers)).toBe('ok');
    expectNothingLeft(policy);
  });

  it.each(Object.entries(WAITS))('ends the call through %s at once', async (_, { options, attempt }) => {
    const policy = createHttpPolicy({ retry: false, ...options });
    const foreign = new ForeignAbort(make);
    const end = endOf(policy.run(requestOf(foreign.signal), attempt));
    await vi.advanceTimersByTimeAsync(50);
    foreign.abort(new DOMException('enough', 'AbortError'));
    expect(await end).toMatchObject({ name: 'AbortError' });
    expectNothingLeft(policy);
    expect(policy.metricsOf(KEY)?.answers.failure).toBe(attempt === fails ? 1 : 0);
  });

  it('leaves the queue of a bulkhead, and gives no place away', async () => {
    const policy = createHttpPolicy({ retry: false, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) });
    const first = new ForeignAbort('polyfill');
    const holding = endOf(policy.run(requestOf(first.signal), hangs));
    const foreign = new ForeignAbort(make);
    const waiting = endOf(policy.run(requestOf(foreign.signal), answers));
    await vi.advanceTimersByTimeAsync(1);
    expect(foreign.listeners).toBe(1);
    foreign.abort(new DOMException('enough', 'AbortError'));
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    expect(foreign.listeners).toBe(0);
    first.abort();
    await holding;
    expect(policy.metricsOf(KEY)?.bulkhead).toMatchObject({ inFlight: 0, queued: 0 });
    expect(await policy.run(requestOf(new ForeignAbort(make).signal), answers)).toBe('ok');
  });
});

it('a signal that throws when it is listened to is no obstacle to a call', async () => {
  const signal = {
    aborted: false,
    addEventListener() {
      throw new Error('not implemented');
    },
  } as unknown as AbortSignal;
  for (const { options } of Object.values(WAITS)) {
    const policy = createHttpPolicy({ retry: false, ...options });
    expect(await policy.run(requestOf(signal), answers)).toBe('ok');
    expectNothingLeft(policy);
  }
});
