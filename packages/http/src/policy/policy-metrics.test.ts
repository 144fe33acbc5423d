import { BreakerRegistry, type Clock } from '@cutout/core';
import { describe, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import type { Attempt, AttemptContext, AttemptResult } from '../call/attempt.ts';
import { hedge } from '../hedge/hedge.ts';
import { LATENCY_BOUNDS_MS, LatencyHistogram } from '../observe/latency-histogram.ts';
import type { AttemptObservation, HttpObserver } from '../observe/observer.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy } from './policy.ts';

const KEY = 'https://a.example';
const REQUEST: HttpRequest = { method: 'GET', url: `${KEY}/`, headers: { get: () => null }, replayable: true };
const status = (code: number): AttemptResult<number> => ({ value: code, outcome: { kind: 'status', status: code } });

/** A policy whose host gives these answers in turn, and the last one for ever. */
function make(answers: readonly (number | Error)[], options: HttpPolicyOptions = {}) {
  let sent = 0;
  const attempt = async (_: AttemptContext): Promise<AttemptResult<number>> => {
    const answer = answers[Math.min(sent++, answers.length - 1)] as number | Error;
    if (answer instanceof Error) throw answer;
    return status(answer);
  };
  const policy = createHttpPolicy({ retry: { backoff: () => 0 }, ...options });
  const run = (call?: Parameters<HttpPolicy['run']>[2], request = REQUEST): Promise<unknown> =>
    policy.run(request, attempt, call).catch(error => error);
  return { policy, run };
}

const only = (policy: HttpPolicy) => policy.metrics().keys[0] ?? expect.unreachable('no key');

describe('the metrics of a policy', () => {
  it('are of its keys, and empty before the first call', async () => {
    const { policy, run } = make([200], { name: 'shop' });
    expect(policy.metrics()).toMatchObject({ name: 'shop', keys: [] });
    await run();
    expect(policy.metrics().keys).toHaveLength(1);
    expect(only(policy)).toMatchObject({
      key: KEY,
      state: 'closed',
      answers: { success: 1 },
      calls: { 'first-try': 1 },
    });
  });

  it.each<[string, readonly (number | Error)[], HttpPolicyOptions, number, object]>([
    ['a good first try', [200], {}, 1, { calls: { 'first-try': 1 }, retries: 0 }],
    [
      'a good second try',
      [503, 200],
      {},
      1,
      { calls: { 'after-retry': 1 }, retries: 1, answers: { failure: 1, success: 1 } },
    ],
    ['no more tries', [503], {}, 1, { calls: { failed: 1 }, retries: 2, retriesRefused: { attempts: 1 } }],
    ['no retries at all', [503], { retry: false }, 1, { calls: { failed: 1 }, retries: 0, retriesRefused: {} }],
    ['what is no failure', [404], {}, 1, { calls: { 'first-try': 1 }, lastFailure: undefined }],
    [
      'a refusal',
      [503],
      { retry: false, breaker: { failures: 1 } },
      3,
      { calls: { failed: 1, refused: 2 }, rejected: 2, state: 'open' },
    ],
    [
      'a budget that is used up',
      [503],
      { retry: { backoff: () => 0, budget: { ratio: 0, minRetriesPerSecond: 0 } } },
      1,
      { calls: { failed: 1 }, retriesRefused: { budget: 1 }, budgetLeft: 0 },
    ],
    ['what is ignored', [200], { classify: () => ({ health: 'ignore' }) }, 1, { calls: { ignored: 1 } }],
    [
      'a fallback, which changes no end',
      [503],
      { retry: false, fallback: () => 1 },
      1,
      { calls: { failed: 1 }, fallbacks: 1 },
    ],
  ])('count %s', async (_, answers, options, times, expected) => {
    const { policy, run } = make(answers, options);
    for (let i = 0; i < times; i++) await run();
    expect(only(policy)).toMatchObject(expected);
    const { calls } = only(policy);
    expect(Object.values(calls).reduce((sum, count) => sum + count, 0)).toBe(times);
  });

  it('show a full bulkhead, its limit and its queue', async () => {
    const { policy } = make([200], { bulkhead: bulkhead({ maxConcurrent: 1 }) });
    const go = Promise.withResolvers<AttemptResult<number>>();
    const held = policy.run(REQUEST, () => go.promise);
    await policy.run(REQUEST, () => go.promise).catch(() => undefined);
    const full = {
      calls: { 'bulkhead-full': 1 },
      bulkheadRejected: 1,
      bulkhead: { limit: 1, inFlight: 1, queued: 0 },
      inFlight: 1,
    };
    expect(only(policy)).toMatchObject(full);
    go.resolve(status(200));
    await held;
    expect(only(policy)).toMatchObject({
      calls: { 'bulkhead-full': 1, 'first-try': 1 },
      bulkhead: { inFlight: 0 },
      inFlight: 0,
    });
  });

  it('count an aborted call as ignored, and show the last failure by its kind', async () => {
    const { policy, run } = make([503]);
    const controller = new AbortController();
    const aborting: Attempt<number> = async () => {
      controller.abort();
      throw controller.signal.reason;
    };
    await policy.run({ ...REQUEST, signal: controller.signal }, aborting).catch(() => undefined);
    expect(only(policy)).toMatchObject({ calls: { ignored: 1 }, lastFailure: undefined });
    await run({ retry: false });
    expect(only(policy).lastFailure).toMatchObject({ kind: 'status', status: 503 });
    expect(only(policy).lastFailure?.at).toBeGreaterThan(1.7e12);
  });

  it('are copies, and not changed by being read', async () => {
    const { policy, run } = make([503, 200]);
    await run();
    const [first, second] = [only(policy), only(policy)];
    expect(first).toEqual(second);
    (first.calls as Record<string, number>)['failed'] = 99;
    (first.latency.buckets as number[])[0] = 99;
    expect(only(policy)).toEqual(second);
  });

  it('go with the key', async () => {
    let now = 0;
    const clock: Clock = { now: () => now };
    const { policy, run } = make([200], { registry: new BreakerRegistry({ clock, idleMs: 10 }) });
    await run();
    now = 20;
    await run(undefined, { ...REQUEST, url: 'https://b.example/' });
    expect(policy.metrics().keys.map(({ key }) => key)).toEqual(['https://b.example']);
  });
});

describe('the histogram', () => {
  it('puts what takes exactly a bound below it, and what is slower than all into the last bucket', () => {
    const histogram = new LatencyHistogram();
    for (const ms of [0, 5, 5.01, 10, 9_999, 10_000, 10_001, 1e9]) histogram.add(ms);
    const { count, sumMs, buckets } = histogram.metrics;
    expect([count, sumMs, buckets.length]).toEqual([8, 1_000_030_020.01, LATENCY_BOUNDS_MS.length + 1]);
    expect([buckets[0], buckets[1], buckets.at(-2), buckets.at(-1)]).toEqual([2, 2, 2, 2]);
  });
});

describe('an observer', () => {
  /** Records what it observes. */
  function recorder(log: string[]): HttpObserver {
    const observation = (name: string): AttemptObservation => ({
      run: send => {
        log.push(`${name} runs`);
        return send();
      },
      end: outcome => void log.push(`${name} ends ${outcome?.status ?? outcome?.kind ?? 'cancelled'}`),
    });
    return {
      call: ({ key }) => ({ end: how => void log.push(`${key} ends ${how}`) }),
      attempt: ({ attempt, isHedge }) => observation(`${isHedge ? 'hedge' : 'attempt'} ${attempt}`),
      refused: ({ error }) => void log.push(`refused ${(error as { code?: string }).code}`),
    };
  }

  it('observes every attempt and the call, in order, until it is removed', async () => {
    const log: string[] = [];
    const { policy, run } = make([503, new TypeError('fetch failed'), 200]);
    const stop = policy.observe(recorder(log));
    await run();
    const attempts = ['attempt 1 runs', 'attempt 1 ends 503', 'attempt 2 runs', 'attempt 2 ends network'];
    expect(log).toEqual([...attempts, 'attempt 3 runs', 'attempt 3 ends 200', `${KEY} ends after-retry`]);
    stop();
    await run();
    expect(log).toHaveLength(7);
  });

  it('observes nothing while it is not active', async () => {
    const log: string[] = [];
    let active = false;
    const { policy, run } = make([200]);
    const observer = Object.create(recorder(log), { active: { get: () => active } }) as HttpObserver;
    policy.observe(observer);
    await run();
    expect(log).toEqual([]);
    active = true;
    await run();
    expect(log).toHaveLength(3);
  });

  it('observes refusals', async () => {
    const log: string[] = [];
    const { policy, run } = make([200]);
    policy.observe(recorder(log));
    policy.breaker(KEY).isolate();
    await run();
    expect(log).toEqual(['refused ERR_CIRCUIT_OPEN', `${KEY} ends refused`]);
  });

  it('observes a hedge, and that the loser was cancelled', async () => {
    const log: string[] = [];
    const policy = createHttpPolicy({ hedge: hedge({ delayMs: 1, minimumSamples: 0 }) });
    policy.observe(recorder(log));
    let sent = 0;
    await policy.run(REQUEST, ({ signal }) => {
      sent += 1;
      if (sent === 2) return Promise.resolve(status(200));
      return new Promise<AttemptResult<number>>((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason)),
      );
    });
    expect(log.sort()).toEqual([
      'attempt 1 ends cancelled',
      'attempt 1 runs',
      'hedge 1 ends 200',
      'hedge 1 runs',
      `${KEY} ends first-try`,
    ]);
  });

  it('that throws is reported once, and harms neither the call nor the others', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const log: string[] = [];
    const { policy, run } = make([200]);
    policy.observe({
      call: () => {
        throw new Error('broken');
      },
      attempt: () => {
        throw new Error('broken');
      },
    });
    policy.observe(recorder(log));
    expect(await run()).toBe(200);
    expect(log).toHaveLength(3);
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it('may each send in a context of its own, the first outermost', async () => {
    const order: string[] = [];
    const { policy, run } = make([200]);
    for (const name of ['a', 'b']) {
      const around: AttemptObservation = {
        run: send => {
          order.push(name);
          return send();
        },
        end: () => undefined,
      };
      policy.observe({ attempt: () => around });
    }
    await run();
    expect(order).toEqual(['a', 'b']);
  });
});
