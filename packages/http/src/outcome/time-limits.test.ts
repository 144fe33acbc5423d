import { monotonicClock } from '@cutout/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt } from '../call/attempt.ts';
import { hedge } from '../hedge/hedge.ts';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { HttpRequest } from './request.ts';

const KEY = 'https://a.example';
const REQUEST: HttpRequest = { method: 'GET', url: `${KEY}/`, headers: new Headers(), replayable: true };
const never: Attempt<string> = () => new Promise(() => undefined);

let sleptMs = 0;
beforeEach(() => {
  sleptMs = 0;
  vi.useFakeTimers();
  const { now } = performance;
  vi.spyOn(monotonicClock, 'now').mockImplementation(() => now.call(performance) + sleptMs);
});
afterEach(() => void vi.useRealTimers());

/** As by SIGSTOP: the clock goes on, and no timer fires. */
function sleepProcess(ms: number): void {
  sleptMs += ms;
}

function policyOf(options: HttpPolicyOptions): HttpPolicy {
  return createHttpPolicy({ retry: false, breaker: { failures: 1 }, ...options });
}

describe('a limit that passes while the process is stopped', () => {
  it.each([
    ['an attempt', { attemptTimeoutMs: 800 }],
    ['the call', { totalTimeoutMs: 800 }],
    ['an attempt that may be hedged', { attemptTimeoutMs: 800, hedge: hedge({ delayMs: 700, minimumSamples: 0 }) }],
  ])('of %s ends the call, and is no evidence about the host', async (_, options) => {
    const policy = policyOf(options);
    const error = policy.run(REQUEST, never).catch(reason => reason);
    await vi.advanceTimersByTimeAsync(600);
    sleepProcess(1_500);
    await vi.advanceTimersByTimeAsync(250);
    expect(await error).toMatchObject({ name: 'TimeoutError', timeoutMs: 800, lateMs: 1_500 });
    expect(policy.metricsOf(KEY)?.answers).toMatchObject({ failure: 0, ignore: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is as any other where it fires only a little late', async () => {
    const policy = policyOf({ attemptTimeoutMs: 800 });
    const error = policy.run(REQUEST, never).catch(reason => reason);
    sleepProcess(1_000);
    await vi.advanceTimersByTimeAsync(810);
    expect(await error).toMatchObject({ lateMs: 1_000 });
    expect(policy.metricsOf(KEY)?.answers).toMatchObject({ failure: 1 });
  });
});

it('an answer that came while the process was stopped is read before a limit ends the call', async () => {
  const policy = policyOf({ attemptTimeoutMs: 800 });
  const arrived = Promise.withResolvers<void>();
  const attempt: Attempt<string> = async () => {
    await arrived.promise;
    return { value: 'ok', outcome: { kind: 'status', status: 200 } };
  };
  const answer = policy.run(REQUEST, attempt);
  sleepProcess(850);
  await vi.advanceTimersByTimeAsync(800);
  arrived.resolve();
  await vi.advanceTimersByTimeAsync(10);
  expect(await answer).toBe('ok');
  expect(vi.getTimerCount()).toBe(0);
});

describe('a hedge whose time comes while the process is stopped', () => {
  it('is not sent before the first request has had its time once more', async () => {
    const policy = policyOf({ hedge: hedge({ delayMs: 100, minimumSamples: 0 }) });
    let sent = 0;
    const attempt: Attempt<string> = () => {
      sent += 1;
      return new Promise(resolve => {
        setTimeout(resolve, 150, { value: 'ok', outcome: { kind: 'status', status: 200 } });
      });
    };
    const answer = policy.run(REQUEST, attempt);
    await vi.advanceTimersByTimeAsync(50);
    sleepProcess(60_000);
    await vi.advanceTimersByTimeAsync(100);
    expect(await answer).toBe('ok');
    expect(sent).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
