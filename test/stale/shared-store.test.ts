import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { STALE_ADAPTERS, type StaleAdapter, stalePolicy } from './adapters.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const TEXT = 'good: ä € 😀 \u0000';

async function start(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Answers with an encoding, whatever the request, until it is down. */
async function coding(vary?: string): Promise<{ url: string; state: { isUp: boolean } }> {
  const state = { isUp: true };
  const url = await start((_request, response) => {
    if (vary) response.setHeader('vary', vary);
    const body = gzipSync(state.isUp ? TEXT : 'down');
    response.writeHead(state.isUp ? 200 : 503, { 'content-encoding': 'gzip', 'content-length': body.byteLength });
    response.end(body);
  });
  return { url, state };
}

/** Encoded bytes fit only requests that accept the encoding: these accept none, and Node's own fetch does. */
const acceptsAlike = (a: StaleAdapter, b: StaleAdapter): boolean =>
  a.name.startsWith('undici') === b.name.startsWith('undici');

/** A dispatcher's sockets and proxies are not visible, so its answers are served through no other. */
const DISPATCHES = /undici/;

function suits(kept: StaleAdapter, served: StaleAdapter): boolean {
  if (kept !== served && (DISPATCHES.test(kept.name) || DISPATCHES.test(served.name))) return false;
  if (kept.keeps === 'plain') return true;
  return kept.keeps === served.keeps && (kept.keeps === 'text' || acceptsAlike(kept, served));
}

describe.each([undefined, 'Accept-Encoding'])('in a policy that all adapters share, encoded, with Vary: %s', vary => {
  it.each(STALE_ADAPTERS)('a body kept by $name is complete with every adapter, or not served', async keeper => {
    for (const server of STALE_ADAPTERS) {
      const { url, state } = await coding(vary);
      const policy = stalePolicy();
      let adapter = keeper.attach(policy);
      expect(await adapter.send(url)).toBe(`200 ${TEXT}`);
      state.isUp = false;
      if (server !== keeper) {
        await adapter.close?.();
        adapter = server.attach(policy);
      }
      const expected = suits(keeper, server) ? `stale 200 ${TEXT}` : '503 down';
      expect(await adapter.send(url), server.name).toBe(expected);
      expect(await adapter.send(url, { method: 'HEAD' }), server.name).toMatch(/^(stale 200|503) $/);
      await adapter.close?.();
    }
  });
});

it('the adapters of one policy keep all forms of an answer, and a write through any of them drops all', async () => {
  const { url, state } = await coding();
  const policy = stalePolicy({ breaker: { mode: 'off' } });
  // The global dispatcher would be below the others.
  const adapters = STALE_ADAPTERS.filter(({ name }) => !name.startsWith('built-in')).map(({ name, attach }) => {
    const { send, close } = attach(policy);
    if (close) closing.push(close);
    return { name, send };
  });
  for (const { send } of adapters) await send(url);
  state.isUp = false;
  for (const { name, send } of adapters) expect(await send(url), name).toBe(`stale 200 ${TEXT}`);
  for (const writer of adapters) {
    state.isUp = true;
    for (const { send } of adapters) await send(url);
    await writer.send(url, { method: 'DELETE' });
    state.isUp = false;
    for (const { send } of adapters) expect(await send(url), writer.name).toBe('503 down');
  }
});

/** Sends the headers and half of each body, and the rest on command. */
async function gated(): Promise<{ url: string; next(headers?: object): Promise<(end?: 'down') => void> }> {
  const waiting: ((finish: () => void) => void)[] = [];
  let status = 200;
  let count = 0;
  const url = await start((request, response) => {
    if (status !== 200 || request.method !== 'GET') return void response.writeHead(status).end('down');
    count += 1;
    response.writeHead(200, { vary: 'x-a', 'content-type': 'text/plain' }).write(`answer ${count}`);
    waiting.shift()?.(() => response.end(' whole'));
  });
  return {
    url,
    next: () =>
      new Promise(resolve => {
        waiting.push(finish =>
          resolve(end => {
            if (end) status = 503;
            else finish();
          }),
        );
      }),
  };
}

describe.each(STALE_ADAPTERS)('at the same time behind $name', adapter => {
  it('an older answer never replaces a newer one, however late its body ends', async () => {
    const server = await gated();
    const policy = stalePolicy();
    const { send, close } = adapter.attach(policy);
    if (close) closing.push(close);
    const [older, newer] = [server.next(), server.next()];
    const first = send(server.url);
    const endOlder = await older;
    const second = send(server.url);
    (await newer)();
    expect(await second).toBe('200 answer 2 whole');
    endOlder();
    expect(await first).toBe('200 answer 1 whole');
    endOlder('down');
    expect(await send(server.url)).toBe('stale 200 answer 2 whole');
  });

  it('an answer in flight during a write is not kept', async () => {
    const server = await gated();
    const { send, close } = adapter.attach(stalePolicy());
    if (close) closing.push(close);
    const under = server.next();
    const first = send(server.url);
    const end = await under;
    expect(await send(server.url, { method: 'PUT' })).toBe('200 down');
    end();
    expect(await first).toBe('200 answer 1 whole');
    end('down');
    expect(await send(server.url)).toBe('503 down');
  });

  it('callers and variants get their own, and none while it is in flight', async () => {
    let isUp = true;
    const url = await start(({ headers }, response) => {
      const { authorization, 'x-a': variant } = headers;
      response.setHeader('vary', 'x-a').statusCode = isUp ? 200 : 503;
      setTimeout(() => response.end(`${authorization} ${variant}`), (authorization?.length ?? 0) * 3);
    });
    const { send, close } = adapter.attach(stalePolicy({ breaker: { mode: 'off' } }));
    if (close) closing.push(close);
    const callers = Array.from({ length: 24 }, (_, i) => ({
      authorization: 'a'.repeat((i * 7) % 12),
      'x-a': `${i % 2}`,
    }));
    await Promise.all(callers.map(headers => send(url, { headers })));
    isUp = false;
    const served = await Promise.all(callers.map(headers => send(url, { headers })));
    expect(served).toEqual(callers.map(({ authorization, 'x-a': variant }) => `stale 200 ${authorization} ${variant}`));
    expect(await send(url)).toBe('503 undefined undefined');
  });
});
