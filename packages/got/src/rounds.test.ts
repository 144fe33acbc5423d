/** Rounds that the application's own `afterResponse` hook begins: got's documented way to refresh a token. */

import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, ScriptedServer, type SeenRequest } from '@cutout/testing';
import got, { type ExtendOptions, type Got, type OptionsInit } from 'got';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(guarded);
});
afterEach(() => server.close());

const ONE = { failures: 1 } as const;

const guarded = ({ headers }: SeenRequest) =>
  headers.authorization === 'new' ? answer(200, { body: 'ok' }) : answer(401);

/** `status`: the one that begins another round. */
const refreshing = (status = 401, preserveHooks = false): ExtendOptions => ({
  headers: { authorization: 'old' },
  hooks: {
    afterResponse: [
      (response, retry) =>
        response.statusCode === status
          ? retry({ headers: { authorization: 'new' }, ...(preserveHooks ? { preserveHooks } : {}) })
          : response,
    ],
  },
});

const ORDERS: Record<string, (hooks: BreakerHooks, app: ExtendOptions) => Got> = {
  'before ours': (hooks, app) => got.extend(app, hooks),
  'after ours': (hooks, app) => got.extend(hooks, app),
};

const METHODS: Record<string, OptionsInit> = {
  GET: { method: 'GET' },
  POST: { method: 'POST', json: { a: 1 } },
};

function make(options: GotOptions, order = 'after ours', app = refreshing()): { hooks: BreakerHooks; client: Got } {
  const hooks = breakerHooks({ breaker: ONE, ...options });
  return { hooks, client: (ORDERS[order] as (typeof ORDERS)[string])(hooks, app) };
}

const answersOf = ({ policy }: BreakerHooks): unknown => policy.metricsOf(server.origin)?.answers;
const heldBy = ({ policy }: BreakerHooks): unknown => policy.metricsOf(server.origin)?.inFlight;

describe('a round that an afterResponse hook begins', () => {
  for (const order of Object.keys(ORDERS)) {
    for (const [method, options] of Object.entries(METHODS)) {
      for (const retry of [undefined, false, { maxRetries: 0 }] as const) {
        for (const preserveHooks of [false, true]) {
          const how = `${method}, ${order}, retry ${JSON.stringify(retry)}, preserveHooks ${preserveHooks}`;
          it(`is an attempt that counts as what it was answered (${how})`, async () => {
            const { client, hooks } = make(retry === undefined ? {} : { retry }, order, refreshing(401, preserveHooks));
            expect(await client(server.url(), options as never).text()).toBe('ok');
            expect(server.requests.map(request => [request.method, request.body])).toEqual(
              Array(2).fill([method, method === 'POST' ? '{"a":1}' : '']),
            );
            expect(answersOf(hooks)).toEqual({ success: 2, failure: 0, ignore: 0 });
            expect(heldBy(hooks)).toBe(0);
          });
        }
      }
    }
  }

  it('is no retry of ours: not counted, not reported, and those of ours follow all the same', async () => {
    const { client, hooks } = make({ retry: { maxRetries: 1, backoff: () => 1, budget: false }, breaker: {} });
    const events: string[] = [];
    hooks.policy.subscribe(event => void events.push(event.type));
    server.next(answer(401), answer(503), answer(200, { body: 'ok' }));
    expect(await client(server.url()).text()).toBe('ok');
    expect(server.requests).toHaveLength(3);
    expect(events.filter(type => type === 'retry')).toHaveLength(1);
  });

  it('belongs to the call, which ends as its last round does', async () => {
    const { client, hooks } = make({ retry: { maxRetries: 0 }, breaker: {} });
    server.next(answer(401), answer(503));
    await expect(client(server.url())).rejects.toMatchObject({ response: { statusCode: 503 } });
    expect(hooks.policy.metricsOf(server.origin)?.calls).toMatchObject({ 'first-try': 0, failed: 1 });
  });

  it("begun upon a fallback's answer is another call, which has no such answer", async () => {
    const { client, hooks } = make({ fallback: () => ({ statusCode: 401, body: 'instead' }) });
    hooks.policy.breaker(server.origin).isolate();
    await expect(client(server.url())).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect([server.requests.length, heldBy(hooks)]).toEqual([0, 0]);
  });

  it('counts a failing status that began it against the host', async () => {
    const { client, hooks } = make({ breaker: {}, retry: { maxRetries: 0 } }, 'after ours', refreshing(503));
    server.next(answer(503));
    expect(await client(server.url()).text()).toBe('ok');
    expect(answersOf(hooks)).toEqual({ success: 1, failure: 1, ignore: 0 });
  });

  it('is refused like any attempt where the circuit has opened meanwhile', async () => {
    const { client, hooks } = make({}, 'after ours', {
      hooks: {
        afterResponse: [
          (_, retry) => {
            hooks.policy.breaker(server.origin).isolate();
            return retry({});
          },
        ],
      },
    });
    await expect(client(server.url())).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect([server.requests.length, heldBy(hooks)]).toEqual([1, 0]);
  });

  it('gives its place in the bulkhead back, whatever ends it', async () => {
    const { client, hooks } = make({ bulkhead: bulkhead({ maxConcurrent: 1 }), breaker: {} });
    server.next(answer(401), answer(404), answer(401), answer(200));
    await expect(client(server.url())).rejects.toMatchObject({ code: 'ERR_NON_2XX_3XX_RESPONSE' });
    expect((await client(server.url())).statusCode).toBe(200);
    expect(hooks.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0);
  });

  it('keeps a stale answer for the caller whose token it was sent with', async () => {
    const { client } = make({ stale: staleIfError(), retry: { maxRetries: 0 }, breaker: {} });
    expect(await client(server.url()).text()).toBe('ok');
    server.always(answer(503));
    expect(await client(server.url(), { headers: { authorization: 'new' } }).text()).toBe('ok');
    await expect(client(server.url(), { headers: { authorization: 'other' } })).rejects.toMatchObject({
      response: { statusCode: 503 },
    });
  });
});
