import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, breakBody, drip, hang, ScriptedServer, type Step } from '@cutout/testing';
import * as undici8 from 'undici';
import * as undici7 from 'undici-7';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerInterceptor, breakerInterceptor, type UndiciOptions } from './breaker-interceptor.ts';
import { installGlobalDispatcher } from './install-global-dispatcher.ts';

let server: ScriptedServer;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
});

const down = answer(503, { body: 'down' });
const good = (headers: Record<string, string | string[]> = {}): Step => answer(200, { body: 'good', headers });

async function serve(listener: Parameters<typeof createServer>[1]): Promise<{ server: Server; url: string }> {
  const own = createServer(listener as never);
  await new Promise<void>(resolve => own.listen(0, '127.0.0.1', resolve));
  closing.push(() => own.close());
  return { server: own, url: `http://127.0.0.1:${(own.address() as AddressInfo).port}/` };
}

describe.each([
  ['8', undici8],
  ['7', undici7 as unknown as typeof undici8],
])('behind undici %s a stale answer', (_version, undici) => {
  interface Made {
    readonly dispatcher: undici8.Dispatcher;
    readonly breaker: BreakerInterceptor;
    readonly emitted: unknown[];
  }

  function make(options: UndiciOptions = {}): Made {
    const breaker = breakerInterceptor({ retry: false, stale: staleIfError(), ...options });
    const agent = new undici.Agent();
    closing.push(() => agent.destroy());
    const emitted: unknown[] = [];
    breaker.policy.subscribe(event => void (event.type === 'stale' && emitted.push(event)));
    return { dispatcher: agent.compose(breaker as never), breaker, emitted };
  }

  type Options = Parameters<typeof undici8.request>[1];
  async function get(dispatcher: undici8.Dispatcher, path = '/', options: Options = {}): Promise<string> {
    const { statusCode, body } = await undici.request(server.url(path), { ...options, dispatcher } as never);
    return `${statusCode} ${await body.text()}`;
  }

  const inFlight = ({ breaker }: Made): number => breaker.policy.breaker(server.origin).evictionInfo(0).inFlight;

  it('replaces a failing status, an error and a refusal, under request, fetch and stream', async () => {
    const { dispatcher, emitted } = make({ fallback: () => ({ status: 203, body: 'fallback' }) });
    server.next(answer(200, { body: 'good', headers: { 'x-a': ['1', '2'] } }));
    expect(await get(dispatcher, '/a')).toBe('200 good');
    server.always(down);
    const { statusCode, statusText, headers, body } = await undici.request(server.url('/a'), { dispatcher });
    expect([statusCode, statusText, headers['x-a'], headers['age']]).toEqual([200, 'OK', ['1', '2'], '0']);
    expect(headers['cache-status']).toBe('cutout; hit; fwd=stale; detail="503"');
    expect(await body.text()).toBe('good');
    const fetched = await undici.fetch(server.url('/a'), { dispatcher });
    expect([fetched.status, await fetched.text()]).toEqual([200, 'good']);
    await server.close();
    let streamed = '';
    const into = new Writable({
      write(chunk, _encoding, done) {
        streamed += chunk;
        done();
      },
    });
    await undici.stream(server.url('/a'), { dispatcher, method: 'GET' }, () => into);
    expect(streamed).toBe('good');
    // A pipeline sends a body, be it empty, on which an answer may depend.
    const piped = undici.pipeline(server.url('/a'), { dispatcher, method: 'GET' }, ({ body }) => body);
    expect(await text(piped.end())).toBe('fallback');
    for (let i = 0; i < 5; i++) expect(await get(dispatcher, '/a')).toBe('200 good');
    expect(await get(dispatcher, '/b')).toBe('203 fallback');
    expect(emitted.at(-1)).toMatchObject({ type: 'stale', reason: 'ERR_CIRCUIT_OPEN' });
  });

  it('is the same bytes as came over the wire, under the same coding', async () => {
    let isUp = true;
    const { url } = await serve((_request, response) => {
      response.statusCode = isUp ? 200 : 503;
      response.setHeader('content-encoding', 'gzip').end(gzipSync(isUp ? 'good' : 'down'));
    });
    const { dispatcher } = make();
    const fetched = async (): Promise<string> => (await undici.fetch(url, { dispatcher })).text();
    expect(await fetched()).toBe('good');
    const raw = await undici.request(url, { dispatcher });
    const bytes = Buffer.from(await raw.body.arrayBuffer());
    isUp = false;
    expect(await fetched()).toBe('good');
    const { headers, body } = await undici.request(url, { dispatcher });
    expect(headers['content-encoding']).toBe('gzip');
    expect(Buffer.from(await body.arrayBuffer())).toEqual(bytes);
    const other = await undici.request(url, { dispatcher, headers: { 'accept-encoding': 'br' } });
    expect(other.statusCode).toBe(503);
    await other.body.dump();
  });

  it('is a copy of its own, whatever a reader does with the chunks of any answer', async () => {
    const { dispatcher } = make();
    const spoil = async (): Promise<void> => {
      const { body } = await undici.request(server.url(), { dispatcher });
      for await (const chunk of body) (chunk as Buffer).fill(0);
    };
    server.next(good());
    await spoil();
    server.always(down);
    await spoil();
    expect(await get(dispatcher)).toBe('200 good');
  });

  it('has no body for a HEAD, and is none for a tunnel or an upgrade', async () => {
    const made = make();
    const { dispatcher } = made;
    server.next(good());
    await get(dispatcher);
    server.always(down);
    expect(await get(dispatcher, '/', { method: 'HEAD' })).toBe('200 ');
    await expect(undici.upgrade(server.url(), { dispatcher, protocol: 'x' } as never)).rejects.toThrow();
    await undici.connect(server.url(), { dispatcher } as never).then(
      ({ socket }) => socket.destroy(),
      () => undefined,
    );
    expect(made.emitted).toHaveLength(1);
    expect(inFlight(made)).toBe(0);
  });

  it.each<[string, Step]>([
    ['cut short', breakBody('reset')],
    ['closed early', breakBody('close')],
    ['cancelled', drip(50, 20)],
    ['oversized', answer(200, { body: 3_000 })],
    ['oversized in chunks', drip(40, 1)],
  ])('is never made of a body that was %s', async (how, step) => {
    const { dispatcher } = make({ stale: staleIfError({ maxEntryBytes: how.startsWith('oversized') ? 300 : 5_000 }) });
    server.next(step);
    const { body } = await undici.request(server.url(), { dispatcher });
    if (how === 'cancelled') body.on('error', () => undefined).destroy();
    else await body.text().catch(() => undefined);
    server.always(down);
    expect(await get(dispatcher)).toBe('503 down');
  });

  it("is no answer to the caller's own abort, and is one to a time limit of the policy", async () => {
    const made = make({ attemptTimeoutMs: 60 });
    const { dispatcher } = made;
    server.next(good());
    await get(dispatcher);
    server.always(hang);
    expect(await get(dispatcher)).toBe('200 good');
    const own = new AbortController();
    const pending = get(dispatcher, '/', { signal: own.signal });
    while (server.requests.length < 3) await new Promise(resolve => setImmediate(resolve));
    own.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(made.emitted).toHaveLength(1);
    expect(inFlight(made)).toBe(0);
  });

  it('replaces a response whose connection and bulkhead permit are free again', async () => {
    const made = make({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 0 }) });
    server.next(good());
    await get(made.dispatcher);
    server.always(({ method }) => (method === 'GET' ? breakBody('hang', { status: 503 }) : answer(200)));
    for (let i = 0; i < 4; i++) expect(await get(made.dispatcher)).toBe('200 good');
    expect(inFlight(made)).toBe(0);
    expect(made.emitted).toMatchObject([{ reason: '503' }, { reason: '503' }, { reason: '503' }, { reason: '503' }]);
  });

  it('comes after the last of the attempts, and leaves an answer alone that is no failure', async () => {
    const { dispatcher, emitted } = make({ retry: { maxRetries: 1, backoff: () => 1 }, retryStatus: [404, 503] });
    server.next(good());
    await get(dispatcher);
    server.always(down);
    expect(await get(dispatcher)).toBe('200 good');
    expect(server.requests).toHaveLength(3);
    server.always(answer(404, { body: 'gone' }));
    expect(await get(dispatcher)).toBe('404 gone');
    expect(emitted).toHaveLength(1);
  });

  it("is one caller's, whose credentials may come in any form that headers have", async () => {
    const headers: unknown[] = [
      ['authorization', 'a'],
      { AUTHORIZATION: 'a' },
      new Map([['authorization', 'a']]),
      new Map([['authorization', 'a']]).entries(),
    ];
    for (const own of headers) {
      const { dispatcher } = make();
      server.next(good());
      expect(await get(dispatcher, '/', { headers: own as never })).toBe('200 good');
      expect(server.requests.at(-1)?.headers['authorization']).toBe('a');
      server.always(down);
      expect(await get(dispatcher)).toBe('503 down');
      expect(await get(dispatcher, '/', { headers: { authorization: 'b' } })).toBe('503 down');
      expect(await get(dispatcher, '/', { headers: { authorization: 'a' } })).toBe('200 good');
    }
  });

  it('depends on every value of a header, by the site, by the query and by a body', async () => {
    const tries: [Options, Options][] = [
      [{ headers: ['cookie', 'a', 'cookie', 'b'] }, { headers: ['cookie', 'a', 'cookie', 'c'] }],
      [{ headers: { host: 'a.example' } }, { headers: { host: 'b.example' } }],
      [{ query: { user: 1 } }, { query: { user: 2 } }],
      [{ query: { user: 1 } }, {}],
      [
        { method: 'GET', body: 'a' },
        { method: 'GET', body: 'b' },
      ],
      [{ method: 'GET', body: 'a' }, {}],
    ];
    for (const [first, second] of tries) {
      const { dispatcher } = make();
      server.next(good());
      await get(dispatcher, '/', first);
      server.always(down);
      expect(await get(dispatcher, '/', second)).toBe('503 down');
    }
  });

  it('belongs to the headers that were sent, whatever the caller does with their object afterwards', async () => {
    const { dispatcher } = make();
    server.always(({ headers }) => answer(200, { body: `for ${headers['authorization']}`, delayMs: 20 }));
    const shared: Record<string, string> = { authorization: 'a' };
    const first = get(dispatcher, '/', { headers: shared });
    shared['authorization'] = 'b';
    expect(await first).toBe('200 for a');
    server.always(down);
    expect(await get(dispatcher, '/', { headers: shared })).toBe('503 down');
    expect(await get(dispatcher, '/', { headers: { authorization: 'a' } })).toBe('200 for a');
  });
});

describe('under the fetch that is built into Node', () => {
  it('a stale answer is decoded like any other, and a write drops it', async () => {
    let status = 200;
    const { url } = await serve((_request, response) => {
      response.statusCode = status;
      response.setHeader('content-encoding', 'gzip').end(gzipSync(status === 200 ? 'good' : 'down'));
    });
    const uninstall = installGlobalDispatcher({ stale: staleIfError() });
    closing.push(uninstall);
    const get = async (): Promise<string> => (await fetch(url)).text();
    expect(await get()).toBe('good');
    status = 503;
    expect(await get()).toBe('good');
    const stale = await fetch(url);
    expect([stale.status, stale.headers.get('cache-status')]).toEqual([200, expect.stringContaining('cutout; hit')]);
    expect((await fetch(url, { cache: 'no-store' })).status).toBe(503);
    status = 200;
    await (await fetch(url, { method: 'POST', body: 'x' })).text();
    status = 503;
    expect((await fetch(url)).status).toBe(503);
  });
});
