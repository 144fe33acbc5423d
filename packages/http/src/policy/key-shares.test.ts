import { BreakerRegistry, type Clock, isBulkheadFullError } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import type { AttemptResult } from '../call/attempt.ts';
import type { Deliver } from '../call/step.ts';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy } from './policy.ts';

const NEVER_OPENS = { failures: 1e6 } as const;

function request(host: string): HttpRequest {
  return { method: 'GET', url: `http://${host}.example/`, headers: new Headers(), replayable: true };
}

/** A registry with room for one key, which is taken. */
function fullRegistry(): BreakerRegistry {
  const registry = new BreakerRegistry({ maxKeys: 1, breaker: NEVER_OPENS, clock: { now: () => 0 } });
  registry.get('http://known.example').isolate();
  return registry;
}

async function failed(): Promise<AttemptResult<number>> {
  return { value: 503, outcome: { kind: 'status', status: 503 } };
}

describe('keys that the registry cannot keep', () => {
  it('share one retry budget, so that inventing hosts buys no retries', async () => {
    const registry = fullRegistry();
    const retry = { backoff: () => 0, budget: { ratio: 0, minRetriesPerSecond: 3, ttlMs: 1_000 } };
    const policy = createHttpPolicy({ registry, retry });
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      await policy.run(request(`invented-${i}`), () => {
        sent += 1;
        return failed();
      });
    }
    expect(sent).toBe(23);
  });

  it('share one bulkhead, which names none of them', async () => {
    const policy = createHttpPolicy({
      registry: fullRegistry(),
      bulkhead: bulkhead({ maxConcurrent: 2 }),
      retry: false,
    });
    const answer = Promise.withResolvers<void>();
    const attempt = async (): Promise<AttemptResult<number>> => {
      await answer.promise;
      return { value: 200, outcome: { kind: 'status', status: 200 } };
    };
    const calls = ['a', 'b', 'c'].map(host => policy.run(request(host), attempt).catch((error: unknown) => error));
    answer.resolve();
    const [first, second, third] = await Promise.all(calls);
    expect([first, second]).toEqual([200, 200]);
    expect(isBulkheadFullError(third)).toBe(true);
    expect(third).toMatchObject({ key: '_other', limit: 2 });
  });
});

describe('the clock of the registry', () => {
  class Hand implements Clock {
    ms = 1_000;
    now(): number {
      return this.ms;
    }
  }

  it('gives the budget its time', async () => {
    const clock = new Hand();
    const registry = new BreakerRegistry({ clock, breaker: NEVER_OPENS });
    const budget = { ratio: 0, minRetriesPerSecond: 1, ttlMs: 1_000 };
    const policy = createHttpPolicy({ registry, retry: { maxRetries: 1, backoff: () => 0, budget } });
    const attempts = async (): Promise<number> => {
      let sent = 0;
      await policy.run(request('a'), () => {
        sent += 1;
        return failed();
      });
      return sent;
    };
    expect([await attempts(), await attempts()]).toEqual([2, 1]);
    clock.ms += 1_000;
    expect(policy.metricsOf('http://a.example')?.budgetLeft).toBe(1);
    expect([await attempts(), await attempts()]).toEqual([2, 1]);
  });

  it('gives every event its time', async () => {
    const clock = new Hand();
    const policy = createHttpPolicy({
      registry: new BreakerRegistry({ clock, breaker: NEVER_OPENS }),
      retry: { maxRetries: 1, backoff: () => 0 },
      fallback: () => 200,
      bulkhead: bulkhead({ maxConcurrent: 1 }),
    });
    const seen: HttpEvent[] = [];
    policy.subscribe(event => seen.push(event));
    clock.ms = 77;
    await Promise.all([policy.run(request('a'), failed), policy.run(request('a'), failed)]);
    const types = new Set(seen.map(({ type }) => type));
    expect(types).toEqual(new Set(['outcome', 'retry', 'retry-refused', 'fallback', 'bulkhead-rejected']));
    expect(new Set(seen.map(({ at }) => at))).toEqual(new Set([77]));
  });

  it('decides for how long a body that breaks counts', async () => {
    const clock = new Hand();
    const registry = new BreakerRegistry({ clock, breaker: NEVER_OPENS });
    const policy = createHttpPolicy({ registry, bodyFailureWithinMs: 50 });
    const verdicts: string[] = [];
    policy.subscribe(event => event.type === 'outcome' && verdicts.push(`${event.stage} ${event.verdict}`));
    const breaks = async (afterMs: number): Promise<void> => {
      const call = policy.begin(request('a'));
      call.start();
      const { body } = call.head(
        1,
        { kind: 'status', status: 200, bodyPending: true, durationMs: 1 },
        undefined,
      ) as Deliver;
      clock.ms += afterMs;
      body?.broken(new Error('cut'));
      call.end();
    };
    await breaks(51);
    expect(verdicts).toEqual(['headers success']);
    await breaks(50);
    expect(verdicts).toEqual(['headers success', 'headers success', 'body failure']);
  });
});

describe('an answer of another origin behind a redirect', () => {
  it('is a success of the first, whatever becomes of its body, and the caller may get a fallback', async () => {
    const policy = createHttpPolicy({ breaker: { failures: 1 }, retry: false });
    const headers = new Headers({ 'retry-after': '86400' });
    const outcome = { kind: 'status', status: 503, headers, answeredBy: 'http://b.example', durationMs: 1 } as const;
    const call = policy.begin(request('a'));
    call.start();
    const { body } = call.head(1, { ...outcome, bodyPending: true }, undefined) as Deliver;
    body?.broken(new Error('cut'));
    call.end();
    expect(policy.explain('http://a.example')).toMatchObject({ state: 'closed' });
    const answered = await policy.run(request('a'), async () => ({ value: 503, outcome: { ...outcome } }), {
      fallback: () => 203,
    });
    expect(answered).toBe(203);
    const { answers, calls } = policy.metricsOf('http://a.example') ?? {};
    expect([answers?.success, answers?.failure, calls?.failed]).toEqual([2, 0, 2]);
  });
});

describe('a probe of a half-open circuit whose process slept', () => {
  it('gives its permit back, and another call probes', async () => {
    const clock = { ms: 0, now: () => clock.ms };
    const breaker = { failures: 1, halfOpen: { maxCalls: 1 } } as const;
    const policy = createHttpPolicy({ registry: new BreakerRegistry({ clock, breaker }), retry: false });
    await policy.run(request('a'), failed);
    clock.ms += 60_000;
    const probe = policy.begin(request('a'));
    expect(probe.start().do).toBe('send');
    probe.failed(1, { kind: 'slept', durationMs: 2_000 }, undefined);
    probe.end();
    expect(policy.explain('http://a.example')).toMatchObject({ state: 'half-open' });
    await policy.run(request('a'), async () => ({ value: 200, outcome: { kind: 'status', status: 200 } }));
    expect(policy.explain('http://a.example')).toMatchObject({ state: 'closed' });
  });
});
