/** got's own cache: what it answers is not the host's answer. */

import { bulkhead } from '@cutout/http';
import { answer, reset, ScriptedServer } from '@cutout/testing';
import got, { type Got, type Response } from 'got';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(fresh);
});
afterEach(() => server.close());

const fresh = answer(200, { body: 'item', headers: { 'cache-control': 'max-age=600' } });
const checked = answer(200, { body: 'item', headers: { 'cache-control': 'no-cache', etag: '"1"' } });

function make(options: GotOptions = {}): { client: Got; hooks: BreakerHooks } {
  const hooks = breakerHooks({ retry: { maxRetries: 0 }, ...options });
  return { client: got.extend(hooks, { cache: new Map() }), hooks };
}

const answersOf = ({ policy }: BreakerHooks): unknown => policy.metricsOf(server.origin)?.answers;
const breakerOf = ({ policy }: BreakerHooks) => policy.breaker(server.origin);

async function read(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const part of stream) text += part;
  return text;
}

describe("an answer of got's cache", () => {
  it('is given while the circuit is open, to promises and streams, and counts as nothing', async () => {
    const { client, hooks } = make({ bulkhead: bulkhead({ maxConcurrent: 1 }) });
    await client(server.url());
    breakerOf(hooks).isolate();
    const kept = (await client(server.url())) as Response<string>;
    expect([kept.body, kept.isFromCache]).toEqual(['item', true]);
    expect(await read(client.stream(server.url()))).toBe('item');
    expect(answersOf(hooks)).toEqual({ success: 1, failure: 0, ignore: 0 });
    expect(server.requests).toHaveLength(1);
  });

  it('closes no circuit that is half-open, and ends no run of failures', async () => {
    const { client, hooks } = make({ breaker: { failures: 2 } });
    await client(server.url('/item'));
    server.always(answer(500));
    for (let i = 0; i < 2; i++) {
      await client(server.url('/down'), { throwHttpErrors: false });
      await client(server.url('/item'));
    }
    expect(breakerOf(hooks).state).toBe('open');
  });

  it('is refused where there is none, and where it has to be checked', async () => {
    const { client, hooks } = make();
    server.next(checked);
    await client(server.url('/checked'));
    breakerOf(hooks).isolate();
    for (const path of ['/checked', '/other']) {
      await expect(client(server.url(path))).rejects.toMatchObject({
        name: 'RequestError',
        code: 'ERR_CIRCUIT_OPEN',
        cause: { name: 'CircuitOpenError' },
      });
      await expect(read(client.stream(server.url(path)))).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    }
    expect(server.requests).toHaveLength(1);
  });

  it('that the host has checked counts as an answer of the host', async () => {
    const { client, hooks } = make();
    server.next(checked, answer(304));
    await client(server.url());
    const again = (await client(server.url())) as Response<string>;
    expect([again.body, again.isFromCache, again.statusCode]).toEqual(['item', true, 200]);
    expect(answersOf(hooks)).toEqual({ success: 2, failure: 0, ignore: 0 });
  });

  it('is not needed: what fails under a cache counts', async () => {
    // got 15 reports no reset under a cache: the limit ends the call.
    const { client, hooks } = make({ attemptTimeoutMs: 200 });
    server.next(answer(503), reset);
    for (let i = 0; i < 2; i++) await expect(client(server.url())).rejects.toThrow();
    expect((await client(server.url())).body).toBe('item');
    expect(answersOf(hooks)).toEqual({ success: 1, failure: 2, ignore: 0 });
  });

  it('is not needed: what the request function of the application throws ends the call', async () => {
    for (const thrown of [undefined, 'text', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })]) {
      const { client } = make({ attemptTimeoutMs: 60_000 });
      const request = (): never => {
        throw thrown;
      };
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      await expect(client(server.url(), { request })).rejects.toThrow(message);
      await expect(read(client.stream(server.url(), { request }))).rejects.toThrow(message);
      await expect(read(client.stream(server.url(), { request, cache: false }))).rejects.toThrow(message);
    }
  });

  it('is waited for in no queue, and a queue is waited in under a cache', async () => {
    const { client, hooks } = make({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 5 }) });
    const both = await Promise.all([client(server.url('/a')), client(server.url('/b')), client(server.url('/c'))]);
    expect(both.map(({ body }) => body)).toEqual(['item', 'item', 'item']);
    expect(hooks.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0);
  });

  it('comes before a fallback, which the cache does not keep', async () => {
    const { client, hooks } = make({ fallback: () => 'fallback' });
    await client(server.url('/item'));
    breakerOf(hooks).isolate();
    expect((await client(server.url('/item'))).body).toBe('item');
    expect((await client(server.url('/other'))).body).toBe('fallback');
    expect(await read(client.stream(server.url('/other')))).toBe('fallback');
    breakerOf(hooks).reset();
    expect((await client(server.url('/other'))).body).toBe('item');
  });
});
