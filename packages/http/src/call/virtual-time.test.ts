import { BreakerRegistry } from '@cutout/core';
import { ManualClock } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { hedge } from '../hedge/hedge.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { Attempt, AttemptContext } from './attempt.ts';

const REQUEST: HttpRequest = {
  method: 'GET',
  url: 'http://a.example/',
  headers: { get: () => null },
  replayable: true,
};
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let timers: { readonly mock: { readonly calls: readonly unknown[] } };
beforeEach(() => {
  clock = new ManualClock();
  timers = vi.spyOn(globalThis, 'setTimeout');
});
afterEach(() => {
  // Nothing waited for a timer of the platform.
  expect(timers.mock.calls).toEqual([]);
});

function policyWith(options: HttpPolicyOptions): HttpPolicy {
  const { breaker = {}, ...rest } = options;
  return createHttpPolicy({ ...rest, registry: new BreakerRegistry({ clock, breaker }) });
}

/** Moves time on in steps, and lets what is due run its course after each. */
async function advance(ms: number, stepMs = 1_000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed));
    for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  }
}

/** Answers after `ms`, unless its signal aborts before. */
const answersIn =
  (ms: number, status = 200): Attempt<string> =>
  ({ signal, attempt }: AttemptContext) =>
    new Promise((resolve, reject) => {
      const outcome = { kind: 'status', status } as const;
      const clear = clock.setTimer(ms, () => resolve({ value: `${status} to ${attempt}`, outcome }));
      signal?.addEventListener('abort', () => {
        clear();
        reject(signal.reason);
      });
    });

describe('a call in virtual time', () => {
  it('of an hour: each attempt has its limit, each wait its time, and the whole its end', async () => {
    const policy = policyWith({
      attemptTimeoutMs: 600_000,
      totalTimeoutMs: HOUR_MS,
      retry: { maxRetries: 10, backoff: () => 250_000, budget: false },
      breaker: { failures: 100 },
    });
    const sentAt: number[] = [];
    const hangs = answersIn(2 * HOUR_MS);
    const call = policy.run(REQUEST, context => {
      sentAt.push(clock.now());
      return hangs(context);
    });
    const ended = call.catch(error => error);
    await advance(HOUR_MS, 10_000);
    expect(await ended).toMatchObject({ code: 'ERR_TOTAL_TIMEOUT', timeoutMs: HOUR_MS });
    // Ten minutes of an attempt and 250 seconds of a wait, until the hour is over.
    expect(sentAt).toEqual([0, 850_000, 1_700_000, 2_550_000, 3_400_000]);
  });

  it('waits in a queue, hedges, opens the circuit and recovers by the same clock', async () => {
    const policy = policyWith({
      bulkhead: bulkhead({ maxConcurrent: 2, maxQueue: 1, queueTimeoutMs: 20_000 }),
      hedge: hedge({ delayMs: 5_000, minimumSamples: 0 }),
      retry: false,
      breaker: { failures: 1, openDurationMs: 60_000, halfOpen: { maxCalls: 1, successThreshold: 1 } },
    });
    const events: string[] = [];
    policy.subscribe(event => events.push(`${event.type}@${clock.now() / 1_000}`));
    const slow = [policy.run(REQUEST, answersIn(30_000)), policy.run(REQUEST, answersIn(30_000))];
    const queued = policy.run(REQUEST, answersIn(1)).catch(error => `${error.reason}@${clock.now() / 1_000}`);
    const refused = policy.run(REQUEST, answersIn(1)).catch(error => error.reason);
    await advance(40_000);
    expect(await Promise.all([...slow, queued, refused])).toEqual([
      '200 to 1',
      '200 to 1',
      'timeout@20',
      'bulkhead-full',
    ]);
    const hedged = policy.run(REQUEST, answersIn(8_000));
    await advance(5_000);
    expect(events).toContain('hedge@45');
    await advance(3_000);
    expect(await hedged).toBe('200 to 1');
    await advance(1_000);
    const failing = policy.run(REQUEST, answersIn(1_000, 503));
    await advance(1_000);
    expect([await failing, policy.breaker(REQUEST.url).state]).toEqual(['503 to 1', 'open']);
    await advance(60_000);
    const probe = policy.run(REQUEST, answersIn(1_000));
    await advance(1_000);
    expect([await probe, policy.breaker(REQUEST.url).state]).toEqual(['200 to 1', 'closed']);
    expect(events.filter(event => event.startsWith('transition'))).toEqual([
      'transition@50',
      'transition@110',
      'transition@111',
    ]);
  });

  it('gives a fallback its time by the same clock', async () => {
    const policy = policyWith({
      retry: false,
      totalTimeoutMs: 10_000,
      fallback: () => new Promise<never>(() => undefined),
    });
    const ended = policy.run(REQUEST, answersIn(9_500, 503)).catch(error => error);
    await advance(9_500, 500);
    await advance(1_000, 500);
    expect(await ended).toMatchObject({ code: 'ERR_TOTAL_TIMEOUT' });
    expect(clock.now()).toBe(10_500);
  });
});
