import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy } from './policy.ts';

const NEVER_OPENS = { failures: 1e6 } as const;
const requestTo = (url = 'https://a.example/', signal?: AbortSignal): HttpRequest => ({
  method: 'GET',
  url,
  headers: { get: () => null },
  replayable: true,
  ...(signal ? { signal } : {}),
});
const failed = (headers: Record<string, string> = {}) => ({
  value: 503,
  outcome: { kind: 'status', status: 503, headers: { get: (name: string) => headers[name] ?? null } } as const,
});

function make(options: HttpPolicyOptions = {}): { policy: HttpPolicy; reasons: () => string[] } {
  const policy = createHttpPolicy({ breaker: NEVER_OPENS, ...options });
  const events: HttpEvent[] = [];
  policy.subscribe(event => events.push(event));
  return { policy, reasons: () => events.flatMap(event => (event.type === 'retry-refused' ? event.reason : [])) };
}

describe('the budget of a policy', () => {
  it('gives a thousand failures at once 200 retries and the reserve, in whatever order they fail', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...Array(1_000).keys()], { minLength: 1_000 }), async order => {
        const { policy } = make({
          retry: { backoff: () => 0, budget: { minRetriesPerSecond: 0.1, ttlMs: 3_600_000 } },
        });
        const fail: (() => void)[] = [];
        let sent = 0;
        const calls = order.map(() =>
          policy.run(requestTo(), async ({ attempt }) => {
            sent += 1;
            if (attempt === 1) await new Promise<void>(resolve => fail.push(resolve));
            return failed();
          }),
        );
        await new Promise(resolve => setImmediate(resolve));
        for (const each of order) fail[each]?.();
        await Promise.all(calls);
        // A reserve of 360, and what less than a second adds to it.
        expect(sent - 1_000).toBeGreaterThanOrEqual(560);
        expect(sent - 1_000).toBeLessThanOrEqual(561);
      }),
      { numRuns: 5 },
    );
  });

  it('is one for each host, and gone with its breaker', async () => {
    const { policy, reasons } = make({ retry: { backoff: () => 0, budget: { ratio: 0, ttlMs: 1_000 } } });
    const once = (url: string): Promise<number> => policy.run(requestTo(url), async () => failed());
    await once('https://a.example/');
    await once('https://a.example/');
    expect(reasons()).toEqual(['budget', 'budget']);
    await once('https://b.example/');
    expect(reasons()).toHaveLength(3);
    policy.registry.delete('https://a.example');
    await once('https://a.example/');
    expect(reasons()).toEqual(['budget', 'budget', 'budget', 'budget']);
  });

  it('gets a retry back that an abort, a deadline or an open circuit has kept from being made', async () => {
    const { policy, reasons } = make({ retry: { backoff: () => 20, budget: { ratio: 0, ttlMs: 1_000 } } });
    const abort = new AbortController();
    const aborted = policy.run(requestTo(undefined, abort.signal), async () => failed());
    setTimeout(() => abort.abort(new Error('enough')), 5);
    await expect(aborted).rejects.toThrow('enough');
    setTimeout(() => policy.breaker('https://a.example/').isolate(), 5);
    expect(await policy.run(requestTo(), async () => failed())).toBe(503);
    policy.breaker('https://a.example/').release();
    expect(reasons()).toEqual([]);
    await policy.run(requestTo(), async () => failed());
    expect(reasons()).toEqual(['budget']);
  });

  it('is not charged for what cannot be retried anyhow', async () => {
    const { policy, reasons } = make({ retry: { maxRetries: 0, budget: { ratio: 0, minRetriesPerSecond: 0 } } });
    await policy.run(requestTo(), async () => failed());
    expect(reasons()).toEqual(['attempts']);
  });
});

it('a wait longer than a timer can hold is no wait: it would end at once', async () => {
  const days25 = String(25 * 24 * 3_600);
  const { policy, reasons } = make({ retry: { maxRetryAfterMs: Number.POSITIVE_INFINITY } });
  let sent = 0;
  const answer = await policy.run(requestTo(), async () => {
    sent += 1;
    return failed({ 'retry-after': days25 });
  });
  expect({ answer, sent, reasons: reasons() }).toEqual({ answer: 503, sent: 1, reasons: ['retry-after'] });
});
