/** The retry budget and the retry headers, the same with every adapter. */

import { createHttpPolicy, type HttpEvent, type HttpPolicyOptions } from '@cutout/http';
import { answer, type ClientRequest, type ClientUnderTest, reset, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { undiciClient } from './conformance/undici.ts';

const adapters = { fetch: fetchClient, axios: axiosClient, got: gotClient, undici: undiciClient };
const NEVER_OPENS = { breaker: { failures: 1e6 } } as const;

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(503));
});
afterEach(() => server.close());

function requestTo(method: string, more: Partial<ClientRequest> = {}): ClientRequest {
  const body = method === 'POST' ? 'x' : undefined;
  return { url: server.url(), method, headers: {}, body, signal: undefined, cutout: undefined, ...more };
}

async function statusOf(client: ClientUnderTest, request: ClientRequest): Promise<number | string> {
  try {
    const answered = await client.send(request);
    await answered.text();
    return answered.status;
  } catch {
    return 'failed';
  }
}

describe.each(Object.entries(adapters))('behind %s', (_name, adapter) => {
  const make = (options: HttpPolicyOptions): { client: ClientUnderTest; events: HttpEvent[] } => {
    const client = adapter({ ...NEVER_OPENS, ...options });
    const events: HttpEvent[] = [];
    client.policy.subscribe(event => events.push(event));
    return { client, events };
  };

  it('two hundred concurrent failures cost a fifth more, plus the reserve', async () => {
    const { client, events } = make({ retry: { backoff: () => 1 } });
    const answers = await Promise.all(Array.from({ length: 200 }, () => statusOf(client, requestTo('GET'))));
    expect(new Set(answers)).toEqual(new Set([503]));
    // 200 calls at 0.2 and a reserve of 10, plus the reserve gained meanwhile.
    expect(server.requests.length).toBeGreaterThanOrEqual(250);
    expect(server.requests.length).toBeLessThanOrEqual(253);
    const refused = events.filter(event => event.type === 'retry-refused' && event.reason === 'budget');
    expect(refused.length).toBeGreaterThan(100);
    await client.close?.();
  });

  it('an abort during a wait returns its retry to the budget', async () => {
    let call = new AbortController();
    const backoff = (): number => (setTimeout(() => call.abort(), 5), 5_000);
    const { client, events } = make({ retry: { backoff, budget: { ratio: 0, minRetriesPerSecond: 1, ttlMs: 1_000 } } });
    for (let i = 0; i < 3; i++) {
      call = new AbortController();
      await statusOf(client, requestTo('GET', { signal: call.signal }));
    }
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(3);
    await client.close?.();
  });

  it('budget: false sets no limit, for the policy or for a call', async () => {
    const none = { ratio: 0, minRetriesPerSecond: 0 };
    const { client } = make({ retry: { backoff: () => 1, budget: none } });
    await statusOf(client, requestTo('GET'));
    expect(server.requests).toHaveLength(1);
    await statusOf(client, requestTo('GET', { cutout: { retry: { budget: false } } }));
    expect(server.requests).toHaveLength(4);
    expect(await statusOf(client, requestTo('GET', { cutout: { retry: { budget: {} } } }))).toBe('failed');
    await client.close?.();
  });

  it('idempotencyKey gives a POST one key for all its attempts, and keeps an existing one', async () => {
    const { client } = make({ retry: { backoff: () => 1, idempotencyKey: true } });
    server.next(answer(503), reset, answer(200), answer(200), answer(200));
    const keys = (): unknown[] => server.requests.splice(0).map(({ headers }) => headers['idempotency-key']);
    expect(await statusOf(client, requestTo('POST', { headers: { 'x-own': '1' } }))).toBe(200);
    expect(server.requests.map(({ body, headers }) => [body, headers['x-own']])).toEqual(Array(3).fill(['x', '1']));
    const [first, ...others] = keys();
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(others).toEqual([first, first]);
    await statusOf(client, requestTo('POST', { headers: { 'Idempotency-Key': 'mine' } }));
    expect(keys()).toEqual(['mine']);
    await statusOf(client, requestTo('GET'));
    expect(keys()).toEqual([undefined]);
    await client.close?.();
  });

  it('attemptHeader numbers the retries for the server, and is off by default', async () => {
    const { client } = make({ retry: { backoff: () => 1, attemptHeader: 'X-Retry-Attempt' } });
    await statusOf(client, requestTo('GET', { headers: { 'x-own': '1' } }));
    expect(server.requests.map(({ headers }) => headers['x-retry-attempt'])).toEqual([undefined, '1', '2']);
    expect(server.requests.every(({ headers }) => headers['x-own'] === '1')).toBe(true);
    await client.close?.();
  });
});

it('all adapters of a policy share the budget of a host', async () => {
  const policy = createHttpPolicy({
    ...NEVER_OPENS,
    retry: { backoff: () => 1, budget: { ratio: 0, minRetriesPerSecond: 1, ttlMs: 3_000 } },
  });
  for (const adapter of Object.values(adapters)) {
    const client = adapter(policy as never);
    await statusOf(client, requestTo('GET'));
    await client.close?.();
  }
  expect(server.requests).toHaveLength(4 + 3);
});
