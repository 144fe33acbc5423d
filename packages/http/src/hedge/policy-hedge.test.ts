import type { OutcomeEvent } from '@cutout/core';
import { rate } from '@cutout/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import type { AttemptContext, AttemptResult } from '../call/attempt.ts';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { hedge, hedgeAfterMs } from './hedge.ts';
import type { HedgeOptions } from './hedge-options.ts';
import { RecentLatencies } from './recent-latencies.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KEY = 'https://a.example';
const NOW: HedgeOptions = { delayMs: 10, minimumSamples: 0 };

function requestOf(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: `${KEY}/`, headers: { get: () => null }, replayable: true, ...more };
}

/** A request that was sent, to be answered by hand. */
class Sent {
  readonly signal: AbortSignal | undefined;
  readonly #answer = Promise.withResolvers<AttemptResult<string>>();
  readonly discard = vi.fn();
  watched = false;

  constructor({ signal }: AttemptContext) {
    this.signal = signal;
    signal?.addEventListener('abort', () => this.#answer.reject(signal.reason));
  }

  get answer(): Promise<AttemptResult<string>> {
    return this.#answer.promise;
  }

  respond(value: string, status = 200): void {
    const trackBody = (): void => {
      this.watched = true;
    };
    const outcome = { kind: 'status', status, bodyPending: true } as const;
    this.#answer.resolve({ value, outcome, discard: this.discard, trackBody });
  }

  fail(error: unknown): void {
    this.#answer.reject(error);
  }
}

class Bench {
  readonly policy: HttpPolicy;
  readonly sent: Sent[] = [];
  readonly events: HttpEvent[] = [];

  constructor(options: HttpPolicyOptions = {}) {
    this.policy = createHttpPolicy({ hedge: hedge(NOW), retry: { backoff: () => 1 }, ...options });
    this.policy.subscribe(event => this.events.push(event));
  }

  run(more: Partial<HttpRequest> = {}, call?: Parameters<HttpPolicy['run']>[2]): Promise<string> {
    const attempt = (context: AttemptContext): Promise<AttemptResult<string>> => {
      const sent = new Sent(context);
      this.sent.push(sent);
      return sent.answer;
    };
    const run = this.policy.run(requestOf(more), attempt, call);
    run.catch(() => undefined);
    return run;
  }

  /** The request of this number, from 0, once it is there. */
  async at(index: number): Promise<Sent> {
    for (let turns = 0; turns < 50 && !this.sent[index]; turns++) await Promise.resolve();
    return this.sent[index] ?? expect.unreachable(`no request ${index}`);
  }

  /** Makes a call whose first request is late, and returns both of its requests. */
  async hedged(): Promise<{ call: Promise<string>; first: Sent; second: Sent }> {
    const from = this.sent.length;
    const call = this.run();
    const first = await this.at(from);
    await vi.advanceTimersByTimeAsync(10);
    return { call, first, second: await this.at(from + 1) };
  }

  /** One good call whose first request takes so long. */
  async good(ms: number): Promise<void> {
    const from = this.sent.length;
    const call = this.run();
    const first = await this.at(from);
    await vi.advanceTimersByTimeAsync(ms);
    first.respond('good');
    await call;
  }

  of(...types: string[]): HttpEvent[] {
    return this.events.filter(({ type }) => types.includes(type));
  }

  get verdicts(): string[] {
    return this.of('outcome').map(event => (event as OutcomeEvent).verdict);
  }

  get inFlight(): number {
    return this.policy.breaker(KEY).evictionInfo(0).inFlight;
  }
}

describe('a hedge', () => {
  it('is sent when the first request has had its time, and its answer is taken where it comes first', async () => {
    const bench = new Bench();
    const { call, first, second } = await bench.hedged();
    second.respond('second');
    expect(await call).toBe('second');
    expect([first.signal?.aborted, second.signal?.aborted, second.watched]).toEqual([true, false, true]);
    expect(bench.of('hedge', 'hedge-won')).toMatchObject([
      { type: 'hedge', key: KEY, afterMs: 10 },
      { type: 'hedge-won', key: KEY },
    ]);
    expect(bench.verdicts).toEqual(['success', 'ignore']);
    expect(bench.inFlight).toBe(0);
  });

  it('is cancelled where the first answer comes from the first request, and says nothing', async () => {
    const bench = new Bench();
    const { call, first, second } = await bench.hedged();
    first.respond('first');
    expect(await call).toBe('first');
    expect([first.signal?.aborted, second.signal?.aborted, first.watched]).toEqual([false, true, true]);
    expect(bench.verdicts).toEqual(['success', 'ignore']);
    expect(bench.of('hedge-won')).toEqual([]);
  });

  it('is not sent where the first request is answered in time, and leaves no timer behind', async () => {
    const bench = new Bench();
    await bench.good(9);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([bench.sent.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('does not wait for a client that ignores the cancelling, and lets go of what it answers then', async () => {
    const { policy } = new Bench();
    const late = Promise.withResolvers<AttemptResult<string>>();
    const discard = vi.fn();
    let requests = 0;
    const call = policy.run(requestOf(), async () => {
      requests += 1;
      return requests === 1 ? late.promise : { value: 'second', outcome: { kind: 'status', status: 200 } };
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(await call).toBe('second');
    late.resolve({ value: 'first', outcome: { kind: 'status', status: 200 }, discard });
    await vi.advanceTimersByTimeAsync(0);
    expect(discard).toHaveBeenCalledOnce();
  });

  it('and the first request of a client that ignores the time limit are both let go of when they answer', async () => {
    const { policy } = new Bench({ attemptTimeoutMs: 20, retry: false });
    const late = Promise.withResolvers<AttemptResult<string>>();
    const discard = vi.fn();
    const call = policy.run(requestOf(), () => late.promise);
    const end = expect(call).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(20);
    await end;
    late.resolve({ value: 'late', outcome: { kind: 'status', status: 200 }, discard });
    await vi.advanceTimersByTimeAsync(0);
    expect(discard).toHaveBeenCalledTimes(2);
  });

  it.each<['first' | 'second', string]>([
    ['first', 'second'],
    ['second', 'first'],
  ])(
    'or the first request that fails, here the %s, counts and is set aside; the other one answers',
    async (bad, good) => {
      const bench = new Bench();
      const { call, ...legs } = await bench.hedged();
      legs[bad].respond('bad', 503);
      await vi.advanceTimersByTimeAsync(0);
      expect(legs[bad].discard).toHaveBeenCalledOnce();
      legs[good as 'first'].respond(good);
      expect(await call).toBe(good);
      expect(bench.verdicts).toEqual(['failure', 'success']);
      expect(legs[good as 'first'].signal?.aborted).toBe(false);
    },
  );

  it('and the first request that both fail count twice, and the call goes on as after one attempt', async () => {
    const bench = new Bench();
    const { call, first, second } = await bench.hedged();
    first.fail(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } }));
    second.respond('bad', 503);
    await vi.advanceTimersByTimeAsync(1);
    (await bench.at(2)).respond('third');
    expect(await call).toBe('third');
    expect(bench.verdicts).toEqual(['failure', 'failure', 'success']);
    expect(bench.of('retry')).toMatchObject([{ attempt: 1, status: 503 }]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(3);
  });

  it('ends with its call where the caller aborts: both requests, no verdict, no second answer', async () => {
    const bench = new Bench();
    const caller = new AbortController();
    const call = bench.run({ signal: caller.signal });
    await bench.at(0);
    await vi.advanceTimersByTimeAsync(10);
    await bench.at(1);
    caller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect(bench.sent.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
    expect(bench.verdicts).toEqual(['ignore', 'ignore']);
    expect([bench.inFlight, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('leaves a winner whose signal still follows the caller, for its body', async () => {
    const bench = new Bench();
    const caller = new AbortController();
    const call = bench.run({ signal: caller.signal });
    await bench.at(0);
    await vi.advanceTimersByTimeAsync(10);
    const second = await bench.at(1);
    second.respond('second');
    await call;
    expect(second.signal?.aborted).toBe(false);
    caller.abort();
    expect(second.signal?.aborted).toBe(true);
  });

  it('shares the time of the attempt: one failure, and nothing left in flight', async () => {
    const bench = new Bench({ attemptTimeoutMs: 30, retry: false });
    const { call, first, second } = await bench.hedged();
    await vi.advanceTimersByTimeAsync(20);
    await expect(call).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    expect([first.signal?.aborted, second.signal?.aborted]).toEqual([true, true]);
    expect(bench.verdicts).toEqual(['failure', 'ignore']);
    expect(bench.inFlight).toBe(0);
  });

  it('is of no use where the attempt has no more time than that', async () => {
    const bench = new Bench({ attemptTimeoutMs: 10, retry: false });
    const call = bench.run();
    await vi.advanceTimersByTimeAsync(10);
    await expect(call).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    expect(bench.sent).toHaveLength(1);
  });

  it('surfaces what classify throws, cancels the other request and gives both permits back', async () => {
    const bench = new Bench({
      classify: () => {
        throw new Error('classify is broken');
      },
    });
    const { call, first, second } = await bench.hedged();
    first.respond('first');
    await expect(call).rejects.toThrow('classify is broken');
    expect(second.signal?.aborted).toBe(true);
    expect(first.discard).toHaveBeenCalledOnce();
    expect([bench.verdicts, bench.inFlight]).toEqual([['ignore', 'ignore'], 0]);
  });

  it('lets go of the last answer of the two, where classify throws about that', async () => {
    const classify = vi.fn().mockReturnValueOnce(undefined);
    const bench = new Bench({ classify });
    const { call, first, second } = await bench.hedged();
    second.respond('bad', 503);
    await second.answer;
    classify.mockImplementation(() => {
      throw new Error('classify is broken');
    });
    first.respond('first');
    await expect(call).rejects.toThrow('classify is broken');
    expect(first.discard).toHaveBeenCalledOnce();
    expect([bench.verdicts, bench.inFlight]).toEqual([['failure', 'ignore'], 0]);
  });

  it('that ends in an error is set aside, even where that says nothing about the host', async () => {
    const bench = new Bench();
    const { call, first, second } = await bench.hedged();
    second.fail(new DOMException('by somebody else', 'AbortError'));
    await vi.advanceTimersByTimeAsync(1);
    first.respond('first');
    expect(await call).toBe('first');
    expect([bench.verdicts, bench.of('hedge-won')]).toEqual([['ignore', 'success'], []]);
  });

  it('is not sent where a listener aborts the call as it hears of it', async () => {
    const bench = new Bench();
    const caller = new AbortController();
    bench.policy.subscribe(({ type }) => {
      if (type === 'hedge') caller.abort(new Error('enough'));
    });
    const call = bench.run({ signal: caller.signal });
    await bench.at(0);
    await vi.advanceTimersByTimeAsync(10);
    await expect(call).rejects.toThrow('enough');
    expect([bench.sent.length, bench.verdicts, bench.inFlight]).toEqual([1, ['ignore', 'ignore'], 0]);
  });

  it('asks classify once for each request', async () => {
    const classify = vi.fn(() => undefined);
    const bench = new Bench({ classify });
    const { call, first, second } = await bench.hedged();
    first.respond('bad', 503);
    second.respond('second');
    await call;
    expect(classify).toHaveBeenCalledTimes(2);
  });
});

describe('a hedge is never sent', () => {
  it.each<[string, HttpPolicyOptions, Partial<HttpRequest>]>([
    ['for a method that is not listed', {}, { method: 'POST' }],
    ['for HEAD, unless it is listed', {}, { method: 'HEAD' }],
    [
      'for a body that cannot be sent twice',
      { hedge: hedge({ ...NOW, methods: ['QUERY'] }) },
      { method: 'QUERY', replayable: false },
    ],
    ['where it is off', { hedge: false }, {}],
    ['before the least number of samples', { hedge: hedge({ delayMs: 10 }) }, {}],
    ['where a rule for the host says no', { hosts: { 'a.example': { hedge: false } } }, {}],
  ])('%s', async (_, options, request) => {
    const bench = new Bench(options);
    const call = bench.run(request);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(1);
    (await bench.at(0)).respond('first');
    expect(await call).toBe('first');
    expect(bench.of('hedge', 'hedge-refused')).toEqual([]);
  });

  it('for a call that does without', async () => {
    const bench = new Bench();
    const call = bench.run({}, { hedge: false });
    await vi.advanceTimersByTimeAsync(1_000);
    (await bench.at(0)).respond('first');
    await call;
    expect(bench.sent).toHaveLength(1);
  });

  it('for a retry: that is a second request already', async () => {
    const bench = new Bench();
    const call = bench.run();
    (await bench.at(0)).respond('bad', 503);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(2);
    bench.sent[1]?.respond('second');
    expect(await call).toBe('second');
  });

  it('while the circuit is not closed', async () => {
    const bench = new Bench({ breaker: { failures: 1 }, retry: false });
    const call = bench.run();
    const first = await bench.at(0);
    bench.policy.breaker(KEY).isolate();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(1);
    first.respond('first');
    expect(await call).toBe('first');
    expect(bench.of('hedge-refused', 'hedge')).toMatchObject([{ type: 'hedge-refused', reason: 'circuit' }]);
  });

  it('for a probe', async () => {
    const bench = new Bench({
      breaker: { openDurationMs: 50, failures: 1 },
      retry: false,
    });
    const failing = bench.run();
    (await bench.at(0)).respond('bad', 503);
    await failing;
    await vi.advanceTimersByTimeAsync(50);
    const probe = bench.run();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(2);
    bench.sent[1]?.respond('probe');
    expect(await probe).toBe('probe');
  });

  it('without a place in the bulkhead, and holds one of its own until its answer is dropped', async () => {
    const full = new Bench({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 5 }) });
    const call = full.run();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(full.sent).toHaveLength(1);
    full.sent[0]?.respond('first');
    await call;
    expect(full.of('hedge-refused', 'bulkhead-rejected')).toMatchObject([{ reason: 'bulkhead' }]);
    const roomy = new Bench({ bulkhead: bulkhead({ maxConcurrent: 2, bodyHoldMs: 1 }) });
    const hedged = await roomy.hedged();
    await expect(roomy.run()).rejects.toMatchObject({ code: 'ERR_BULKHEAD_FULL' });
    hedged.second.respond('second');
    await hedged.call;
    await vi.advanceTimersByTimeAsync(1);
    const again = await Promise.all([roomy.hedged()]);
    expect(again).toHaveLength(1);
  });

  it('beyond the retry budget, to which each is charged', async () => {
    const budget = { ratio: 0, minRetriesPerSecond: 0.2, ttlMs: 10_000 };
    const bench = new Bench({ retry: { budget } });
    for (let i = 0; i < 2; i++) {
      const { call, second } = await bench.hedged();
      second.respond('second');
      await call;
    }
    const call = bench.run();
    await vi.advanceTimersByTimeAsync(10);
    bench.sent.at(-1)?.respond('alone');
    expect(await call).toBe('alone');
    expect(bench.of('hedge', 'hedge-refused').map(({ type }) => type)).toEqual(['hedge', 'hedge', 'hedge-refused']);
    expect(bench.of('hedge-refused')).toMatchObject([{ reason: 'budget' }]);
  });

  it('beyond the budget of its host, where the first call to it does without retries', async () => {
    const bench = new Bench({ retry: { budget: { ratio: 0, minRetriesPerSecond: 0 } } });
    for (const own of [{ retry: false }, {}] as const) {
      const call = bench.run({}, own);
      await vi.advanceTimersByTimeAsync(10);
      bench.sent.at(-1)?.respond('alone');
      await call;
    }
    expect([bench.sent.length, bench.of('hedge-refused').length]).toEqual([2, 2]);
  });

  it('without any budget: where there are no retries, it has that of the defaults', async () => {
    const bench = new Bench({ retry: false });
    let hedges = 0;
    for (let i = 0; i < 40; i++) {
      const call = bench.run();
      await vi.advanceTimersByTimeAsync(10);
      hedges += bench.of('hedge').length > hedges ? 1 : 0;
      bench.sent.at(-1)?.respond('one');
      await call;
    }
    // The reserve of ten, what 0.4 s put back, and a fifth of the forty calls.
    expect(hedges).toBeGreaterThanOrEqual(10);
    expect(hedges).toBeLessThanOrEqual(18);
  });
});

describe('the wait before a hedge', () => {
  it('is what the share of the recent answers took', async () => {
    const bench = new Bench({ hedge: hedge({ percentile: 0.9 }) });
    for (let ms = 1; ms <= 20; ms++) await bench.good(ms);
    expect(bench.of('hedge')).toEqual([]);
    const call = bench.run();
    const first = await bench.at(20);
    await vi.advanceTimersByTimeAsync(18);
    expect(bench.sent).toHaveLength(21);
    await vi.advanceTimersByTimeAsync(2);
    expect(bench.sent).toHaveLength(22);
    expect(bench.of('hedge')).toMatchObject([{ afterMs: 19 }]);
    first.respond('first');
    await call;
  });

  it('is of whole milliseconds, and no shorter than that: timers are', () => {
    const latencies = new RecentLatencies();
    latencies.add(9.2);
    const settings = { delayMs: undefined, percentile: 0.95, minimumSamples: 1, methods: new Set(['GET']) };
    expect(hedgeAfterMs(settings, latencies)).toBe(10);
  });

  it('does not shrink by the answers that it cuts short: an overtaken request counts with the time it had', async () => {
    const bench = new Bench({ hedge: hedge({ percentile: 0.5, minimumSamples: 4 }), retry: { budget: { ratio: 10 } } });
    for (const ms of [10, 10, 10, 10]) await bench.good(ms);
    for (let i = 0; i < 30; i++) {
      const from = bench.sent.length;
      const call = bench.run();
      await vi.advanceTimersByTimeAsync(50);
      for (const sent of bench.sent.slice(from + 1)) sent.respond('second');
      bench.sent[from]?.respond('first');
      await call;
    }
    const waits = bench.of('hedge').map(event => ('afterMs' in event ? event.afterMs : 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10);
  });

  it('learns nothing of failures, of other methods, and of retries', async () => {
    const bench = new Bench({ hedge: hedge({ percentile: 0.5, minimumSamples: 1 }) });
    const failing = bench.run();
    (await bench.at(0)).respond('bad', 503);
    await vi.advanceTimersByTimeAsync(1);
    (await bench.at(1)).respond('good');
    await failing;
    const post = bench.run({ method: 'POST' });
    (await bench.at(2)).respond('posted');
    await post;
    const call = bench.run();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(bench.sent).toHaveLength(4);
    bench.sent[3]?.respond('alone');
    expect(await call).toBe('alone');
  });

  it('of a host stands in place of the policy\u2019s, whichever way it is measured', async () => {
    const bench = new Bench({
      hedge: hedge({ percentile: 0.9 }),
      hosts: { 'a.example': { hedge: hedge(NOW) } },
    });
    const { call, first } = await bench.hedged();
    first.respond('first');
    expect(await call).toBe('first');
  });
});

describe('a first request that is overtaken', () => {
  const judged = { minimumCalls: 4, window: { type: 'count', size: 10 } } as const;

  it('is a slow call where those are judged, so that hedging does not hide a slow host', async () => {
    const trip = rate({ ...judged, slowCall: { durationMs: 1_000, ratio: 0.5 } });
    const bench = new Bench({ breaker: { trip } });
    for (let i = 0; i < 2; i++) {
      const { call, second } = await bench.hedged();
      second.respond('second');
      await call;
    }
    expect(bench.of('transition')).toMatchObject([{ to: 'open', reason: 'slow' }]);
  });

  it('is none where the hedge was the one that came too late', async () => {
    const trip = rate({ ...judged, slowCall: { durationMs: 1_000, ratio: 0.5 } });
    const bench = new Bench({ breaker: { trip } });
    for (let i = 0; i < 4; i++) {
      const { call, first } = await bench.hedged();
      first.respond('first');
      await call;
    }
    expect(bench.policy.explain(KEY)?.trips).toMatchObject([{ calls: 4, slow: 0, failed: 0 }]);
  });

  it('counts for nothing where they are not', async () => {
    const bench = new Bench({ breaker: { trip: rate(judged) } });
    const { call, second } = await bench.hedged();
    second.respond('second');
    await call;
    expect(bench.policy.explain(KEY)?.trips).toMatchObject([{ calls: 1, failed: 0, slow: 0 }]);
  });
});
