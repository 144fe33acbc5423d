import { type BreakerOptions, BreakerRegistry, rate } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpHostOptions, HttpPolicyOptions } from './options.ts';
import { createHttpPolicy } from './policy.ts';

const get = (url: string): HttpRequest => ({ method: 'GET', url, headers: { get: () => null }, replayable: true });
const settingsOf = (options: HttpPolicyOptions, url: string, call?: object) =>
  createHttpPolicy(options).begin(get(url), call).target.settings;

describe('hosts', () => {
  const options: HttpPolicyOptions = {
    attemptTimeoutMs: 1_000,
    retry: { maxRetries: 5, backoff: { initialDelayMs: 7, maxDelayMs: 70 }, budget: { ratio: 0.5, ttlMs: 20_000 } },
    breaker: { failures: 3, halfOpen: { maxCalls: 3, successThreshold: 3 } },
    bodyFailureWithinMs: 10,
    hosts: {
      'a.com': { attemptTimeoutMs: 2_000, failureStatus: [500], bodyFailureWithinMs: 20 },
      '*.a.com': { retry: { maxRetries: 1, budget: { ratio: 1 } } },
      'b.com': { retry: false, breaker: { halfOpen: { maxCalls: 9 }, openDurationMs: 5 } },
      'https://a.com': { totalTimeoutMs: 99 },
    },
  };

  it('lay their rules over those of the policy, for their keys only', () => {
    const host = settingsOf(options, 'http://a.com/x');
    expect(host).toMatchObject({ attemptTimeoutMs: 2_000, bodyFailureWithinMs: 20, retry: { maxRetries: 5 } });
    expect([host.isFailureStatus(500), host.isFailureStatus(503)]).toEqual([true, false]);
    const other = settingsOf(options, 'http://c.com/x');
    expect(other).toMatchObject({ attemptTimeoutMs: 1_000, bodyFailureWithinMs: 10 });
    expect(other.isFailureStatus(503)).toBe(true);
  });

  it('are the most specific ones alone', () => {
    expect(settingsOf(options, 'https://a.com')).toMatchObject({ attemptTimeoutMs: 1_000, totalTimeoutMs: 99 });
  });

  it('merge each group field by field', () => {
    const { retry } = settingsOf(options, 'http://x.a.com');
    expect(retry).toMatchObject({ maxRetries: 1, budget: { ratio: 1, ttlMs: 20_000 } });
    const delays = Array.from({ length: 50 }, () => retry?.backoff({ retry: 9 } as never) as number);
    expect(Math.max(...delays)).toBeLessThanOrEqual(70);
  });

  it('can switch retries off, and on where the policy has none', () => {
    expect(settingsOf(options, 'http://b.com').retry).toBeUndefined();
    const off: HttpPolicyOptions = { retry: false, hosts: { 'b.com': { retry: { maxRetries: 4 } } } };
    expect(settingsOf(off, 'http://b.com').retry).toMatchObject({ maxRetries: 4 });
    const policy = createHttpPolicy(off);
    expect([policy.retries(get('http://b.com')), policy.retries(get('http://c.com'))]).toEqual([true, false]);
    expect(policy.retries(get('http://b.com'), { retry: false })).toBe(false);
  });

  it('give the breakers of their keys other options', () => {
    const policy = createHttpPolicy(options);
    const open = (url: string): string[] => {
      const breaker = policy.breaker(url);
      for (let i = 0; i < 3; i++) breaker.acquire().failure();
      const { state, remainingMs } = breaker.explain();
      return [state, remainingMs > 1_000 ? 'long' : 'short'];
    };
    expect([open('http://b.com'), open('http://c.com')]).toEqual([
      ['open', 'short'],
      ['open', 'long'],
    ]);
    expect(policy.explain('http://c.com/any/path')).toMatchObject({ key: 'http://c.com', state: 'open' });
    expect(policy.explain('http://unknown.com')).toBeUndefined();
  });

  it('put a trip in place of failures in a row, and the other way round', () => {
    const slow = rate({ minimumCalls: 2, window: { type: 'count', size: 5 } });
    const tripsOf = (breaker: BreakerOptions, own: BreakerOptions): string[] => {
      const policy = createHttpPolicy({ breaker, hosts: { 'a.com': { breaker: own } } });
      return policy
        .breaker('http://a.com')
        .explain()
        .trips.map(trip => JSON.stringify(trip));
    };
    const inARow = (limit: number) => [JSON.stringify({ type: 'consecutive', failures: 0, limit })];
    expect(tripsOf({ failures: 3, forgetAfterMs: 9 }, { trip: slow })).toEqual([
      expect.stringMatching(/^{"type":"rate"/),
    ]);
    expect(tripsOf({ trip: slow }, { failures: 4 })).toEqual(inARow(4));
    expect(tripsOf({ trip: slow }, { forgetAfterMs: 4 })).toEqual(inARow(5));
    expect(tripsOf({ failures: 3 }, { forgetAfterMs: 4 })).toEqual(inARow(3));
    expect(tripsOf({ trip: [slow, slow] }, { mode: 'shadow' })).toHaveLength(2);
    expect(tripsOf({ failures: 3 }, { trip: undefined, failures: undefined } as object)).toEqual(inARow(3));
  });

  it('stand under what a call overrides', () => {
    const call = { attemptTimeoutMs: 1_500, retry: { maxRetries: 9 } };
    const policy = createHttpPolicy(options);
    const first = policy.begin(get('http://x.a.com'), call).target.settings;
    expect(first).toMatchObject({ attemptTimeoutMs: 1_500, retry: { maxRetries: 9, budget: { ratio: 1 } } });
    expect(policy.begin(get('http://x.a.com'), call).target.settings).toBe(first);
    expect(policy.begin(get('http://c.com'), call).target.settings).toMatchObject({
      retry: { budget: { ratio: 0.5 } },
    });
  });

  it('follow the key that a call names, and keys of a function', () => {
    expect(settingsOf(options, 'http://c.com', { key: 'http://a.com' })).toMatchObject({ attemptTimeoutMs: 2_000 });
    const own: HttpPolicyOptions = { key: () => 'tenant', hosts: { tenant: { attemptTimeoutMs: 5 } } };
    expect(settingsOf(own, 'http://c.com')).toMatchObject({ attemptTimeoutMs: 5 });
  });

  it('change with the hop of a redirect, while the time for the whole call stays', () => {
    const call = createHttpPolicy({ ...options, totalTimeoutMs: 50_000 }).begin(get('http://c.com'));
    call.start();
    call.hop(get('https://a.com'));
    expect(call.target.settings.totalTimeoutMs).toBe(99);
    expect(call.target.timeLeftMs).toBeGreaterThan(10_000);
    call.hop(get('http://a.com'));
    expect(call.target.settings).toMatchObject({ attemptTimeoutMs: 2_000 });
    call.end();
  });

  it('budget retries by their own rules', () => {
    const none = { retry: { maxRetries: 1, backoff: () => 0, budget: { ratio: 0, minRetriesPerSecond: 0 } } };
    const policy = createHttpPolicy({ retry: { backoff: () => 0 }, hosts: { 'a.com': none } });
    const decide = (url: string): number | undefined => {
      const call = policy.begin(get(url));
      call.start();
      const step = call.head(1, { kind: 'status', status: 503, durationMs: 1 }, undefined);
      return step.do === 'sleep' ? step.ms : undefined;
    };
    expect([decide('http://a.com'), decide('http://b.com')]).toEqual([undefined, 0]);
  });

  it('are copied: changing them later changes nothing', () => {
    const host = { attemptTimeoutMs: 5 };
    const policy = createHttpPolicy({ hosts: { 'a.com': host } });
    host.attemptTimeoutMs = 6;
    expect(policy.begin(get('http://a.com')).target.settings.attemptTimeoutMs).toBe(5);
  });

  it.each<[unknown, string]>([
    [
      { 'a.com': { attemptTimeoutMs: -1 } },
      'hosts["a.com"].attemptTimeoutMs must be a positive number of milliseconds, got -1',
    ],
    [
      { '*.a.com': { retry: { maxRetries: -1 } } },
      'hosts["*.a.com"].retry.maxRetries must be zero or a positive integer, got -1',
    ],
    [
      { 'a.com': { breaker: { halfOpen: { maxCalls: 0 } } } },
      'hosts["a.com"].breaker.halfOpen.maxCalls must be a positive integer, got 0',
    ],
    [
      { 'a.com': { atemptTimeoutMs: 1 } },
      'hosts["a.com"].atemptTimeoutMs is not an option; did you mean attemptTimeoutMs?',
    ],
    [{ 'a.com': { fallback: () => 1 } }, 'hosts["a.com"].fallback is not an option'],
    [{ 'a.com': { hosts: {} } }, 'hosts["a.com"].hosts is not an option'],
    [{ 'a.com': 5 }, 'hosts["a.com"] must be an object, got 5'],
    [
      { 'a.com': { attemptTimeoutMs: 9e9, breaker: { halfOpen: { probeTimeoutMs: 1 } } } },
      'hosts["a.com"].breaker.halfOpen.probeTimeoutMs must be at least attemptTimeoutMs (9000000000), got 1',
    ],
    [
      { 'a.com': { attemptTimeoutMs: 500, breaker: { throttle: { windowMs: 500 } } } },
      'hosts["a.com"].breaker.throttle.windowMs must be longer than attemptTimeoutMs (500), got 500',
    ],
    [['a.com'], 'hosts must be an object, got ["a.com"]'],
    [{ 'a.com/x': {} }, 'hosts["a.com/x"] must name an origin'],
  ])('refuse %j', (hosts, message) => {
    expect(() => createHttpPolicy({ hosts: hosts as Record<string, HttpHostOptions> })).toThrow(message);
  });

  it('refuse a breaker beside a registry, which makes the breakers', () => {
    const registry = new BreakerRegistry();
    expect(() => createHttpPolicy({ registry, hosts: { 'a.com': { breaker: {} } } })).toThrow(
      new TypeError('hosts["a.com"].breaker must not be given with registry: the registry makes the breakers'),
    );
    const policy = createHttpPolicy({ registry, hosts: { 'a.com': { attemptTimeoutMs: 5 } } });
    expect(policy.begin(get('http://a.com')).target.settings.attemptTimeoutMs).toBe(5);
  });
});
