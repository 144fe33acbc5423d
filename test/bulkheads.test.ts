import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { attachBreaker } from '@cutout/axios';
import { type BulkheadFullError, isBulkheadFullError } from '@cutout/core';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { bulkhead, type HttpEvent, type HttpPolicyOptions } from '@cutout/http';
import {
  answer,
  type ClientAnswer,
  type ClientRequest,
  type ClientUnderTest,
  hang,
  redirect,
  ScriptedServer,
} from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import axios, { type AxiosAdapter } from 'axios';
import got from 'got';
import { Agent, type Dispatcher, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { builtInFetchClient, undiciClient } from './conformance/undici.ts';

const ADAPTERS = {
  fetch: fetchClient,
  axios: axiosClient,
  got: gotClient,
  undici: undiciClient,
  builtIn: builtInFetchClient,
};
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(adapter: keyof typeof ADAPTERS, options: HttpPolicyOptions): Promise<ClientUnderTest> {
  const client = await ADAPTERS[adapter](options);
  closing.push(() => client.close?.());
  return client;
}

const requestTo = (url: string, more: Partial<ClientRequest> = {}): ClientRequest => ({
  url,
  method: 'GET',
  headers: {},
  body: undefined,
  signal: undefined,
  cutout: undefined,
  ...more,
});

async function read(client: ClientUnderTest, url: string, more: Partial<ClientRequest> = {}): Promise<number> {
  const answered: ClientAnswer = await client.send(requestTo(url, more));
  await answered.text();
  return answered.status;
}

/** Counts the requests that it has received and not yet answered. */
class CountingServer {
  readonly #server: Server;
  inFlight = 0;
  most = 0;
  seen: string[] = [];

  /**
   * @param gathers The number of concurrent requests before the first is answered.
   * @param statusOf The status of a request, by its path.
   */
  constructor(gathers: number, statusOf: (path: string) => number = () => 200) {
    this.#server = createServer((request, response) => {
      this.inFlight += 1;
      this.most = Math.max(this.most, this.inFlight);
      this.seen.push(request.url ?? '');
      response.writeHead(statusOf(request.url ?? ''));
      response.write('a');
      void until(() => this.most >= gathers).then(() => {
        this.inFlight -= 1;
        response.end('b');
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      this.#server.closeAllConnections();
      return new Promise(resolve => this.#server.close(resolve));
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** Waits event loop turns until the condition holds, or until the runner's limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 1));
}

describe.each(['fetch', 'axios', 'got', 'undici'] as const)('a bulkhead behind %s', adapter => {
  it('of ten never has eleven in flight under a thousand concurrent starts, and serves them all', async () => {
    const server = new CountingServer(10);
    const origin = await server.start();
    const client = await open(adapter, { bulkhead: bulkhead({ maxConcurrent: 10, maxQueue: 1_000 }), retry: false });
    const statuses = await Promise.all(Array.from({ length: 1_000 }, (_, i) => read(client, `${origin}/${i}`)));
    expect(statuses.every(status => status === 200)).toBe(true);
    expect([server.most, server.seen.length]).toEqual([10, 1_000]);
  }, 30_000);

  it('of one serves in order of arrival', async () => {
    const server = new CountingServer(1);
    const origin = await server.start();
    const client = await open(adapter, { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 20 }), retry: false });
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    await Promise.all(paths.map(path => read(client, origin + path)));
    expect(server.seen).toEqual(paths);
    expect(server.most).toBe(1);
  });

  it('refuses further calls with an event, without effect on other hosts and the circuit', async () => {
    await using hanging = await ScriptedServer.start(hang);
    await using other = await ScriptedServer.start(answer(200));
    const client = await open(adapter, { bulkhead: bulkhead({ maxConcurrent: 2 }), retry: { backoff: () => 0 } });
    const events: HttpEvent[] = [];
    client.policy.subscribe(event => events.push(event));
    const abort = new AbortController();
    const held = [1, 2].map(() => read(client, hanging.url(), { signal: abort.signal }).catch(() => 'aborted'));
    await until(() => hanging.requests.length === 2);
    const error: unknown = await read(client, hanging.url()).catch(refusal => refusal);
    expect(isBulkheadFullError(error)).toBe(true);
    expect((error as BulkheadFullError).code).toBe('ERR_BULKHEAD_FULL');
    expect(events.filter(({ type }) => type !== 'outcome')).toMatchObject([
      { type: 'bulkhead-rejected', key: hanging.origin, limit: 2, queued: 0, reason: 'bulkhead-full' },
    ]);
    expect(await Promise.all(Array.from({ length: 2 }, () => read(client, other.url())))).toEqual([200, 200]);
    abort.abort();
    await Promise.all(held);
    expect(client.policy.breaker(hanging.origin)).toMatchObject({ state: 'closed' });
    hanging.always(answer(200));
    await until(() => client.policy.breaker(hanging.origin).evictionInfo(0).inFlight === 0);
    expect(await read(client, hanging.url())).toBe(200);
    expect(hanging.requests).toHaveLength(3);
  });

  it('holds the permit of a retried attempt until its old body is read or cut', async () => {
    const server = new CountingServer(5, request => (seen.has(request) ? 200 : (seen.add(request), 503)));
    const seen = new Set<string>();
    const origin = await server.start();
    const retry = { backoff: () => 1, budget: false } as const;
    const client = await open(adapter, {
      bulkhead: bulkhead({ maxConcurrent: 5, maxQueue: 100 }),
      retry,
      breaker: { mode: 'off' },
    });
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, i) => read(client, `${origin}/${i}`)));
    expect(statuses.every(status => status === 200)).toBe(true);
    expect([server.most, server.seen.length]).toEqual([5, 40]);
  });

  it('ends the wait in its queue on abort, and admits the next call', async () => {
    await using server = await ScriptedServer.start(hang);
    const client = await open(adapter, { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 2 }), retry: false });
    const [holding, waiting] = [new AbortController(), new AbortController()];
    const held = read(client, server.url('/held'), { signal: holding.signal }).catch(() => 'aborted');
    await until(() => server.requests.length === 1);
    const aborted = read(client, server.url('/aborted'), { signal: waiting.signal }).catch(() => 'aborted');
    const last = read(client, server.url('/last'));
    await new Promise(resolve => setImmediate(resolve));
    waiting.abort();
    expect(await aborted).toBe('aborted');
    server.always(answer(200));
    holding.abort();
    expect(await Promise.all([held, last])).toEqual(['aborted', 200]);
    expect(server.requests.map(({ path }) => path)).toEqual(['/held', '/last']);
  });

  it('includes the wait in totalTimeoutMs, and refuses after queueTimeoutMs', async () => {
    await using server = await ScriptedServer.start(hang);
    const waits = { maxConcurrent: 1, maxQueue: 1 } as const;
    for (const [options, code] of [
      [{ bulkhead: bulkhead({ ...waits, queueTimeoutMs: 20 }), retry: false }, /ERR_BULKHEAD_FULL/],
      [{ bulkhead: bulkhead(waits), totalTimeoutMs: 60_000, retry: false }, /ERR_TOTAL_TIMEOUT|ETIMEDOUT/],
    ] as const) {
      const client = await open(adapter, options);
      const abort = new AbortController();
      const seen = server.requests.length;
      const held = read(client, server.url(), { signal: abort.signal }).catch(() => 'aborted');
      await until(() => server.requests.length === seen + 1);
      const cutout = 'totalTimeoutMs' in options ? { totalTimeoutMs: 20 } : undefined;
      const error = await read(client, server.url(), { cutout }).catch(refusal => refusal as Error);
      expect((error as { code?: string }).code).toMatch(code);
      abort.abort();
      await held;
      expect(server.requests.length).toBe(seen + 1);
    }
  });

  it('of one allows retries, and releases the permit during their waits', async () => {
    await using server = await ScriptedServer.start(answer(200));
    server.next(answer(503), answer(503));
    const client = await open(adapter, {
      bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 5 }),
      retry: { backoff: () => 20 },
    });
    const statuses = await Promise.all([1, 2, 3].map(() => read(client, server.url())));
    expect([statuses, server.requests.length]).toEqual([[200, 200, 200], 5]);
  });
});

it.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])(
  'a bulkhead of one does not block a redirect behind %s',
  async adapter => {
    await using server = await ScriptedServer.start(answer(200));
    server.next(redirect('here'), redirect('elsewhere'), redirect('elsewhere'));
    const client = await open(adapter, { bulkhead: bulkhead({ maxConcurrent: 1 }), retry: false });
    expect(await read(client, server.url())).toBe(200);
    expect(await read(client, server.url())).toBe(200);
    expect(server.requests).toHaveLength(5);
  },
);

describe('a streamed body holds its bulkhead permit until it ends or is destroyed', () => {
  const options = { bulkhead: bulkhead({ maxConcurrent: 1 }), retry: false } as const;
  const streams: Record<string, () => (url: string) => Promise<Readable>> = {
    axios: () => {
      const instance = axios.create();
      attachBreaker(instance, options);
      return async url => (await instance.get(url, { responseType: 'stream' })).data;
    },
    got: () => {
      const client = got.extend(breakerHooks(options));
      return url =>
        new Promise((resolve, reject) => {
          const stream = client.stream(url);
          stream.once('response', () => resolve(stream));
          stream.once('error', reject);
        });
    },
    undici: () => {
      const agent = new Agent();
      closing.push(() => agent.destroy());
      const dispatcher = agent.compose(breakerInterceptor(options) as never);
      return async url => (await request(url, { dispatcher })).body;
    },
  };

  it.each(Object.entries(streams))('behind %s', async (_, make) => {
    await using server = await ScriptedServer.start(answer(200, { body: 'x'.repeat(1_000_000) }));
    const send = make();
    for (const end of [(stream: Readable) => text(stream), (stream: Readable) => stream.destroy()]) {
      const stream = await send(server.url());
      const refusal = await send(server.url()).catch(error => error);
      expect(isBulkheadFullError(refusal)).toBe(true);
      stream.on('error', () => undefined);
      // got's streams emit no close after their end.
      const over = new Promise(resolve => stream.once('end', resolve).once('close', resolve));
      await end(stream);
      await over;
    }
    expect(await text(await send(server.url()))).toHaveLength(1_000_000);
    expect(server.requests).toHaveLength(3);
  });
});

describe("a queued call is sent in its caller's async context", () => {
  const options = { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 10 }), retry: false } as const;
  /** Each calls `see` as the request leaves the adapter. */
  const clients: Record<string, (see: () => void) => (url: string) => Promise<unknown>> = {
    fetch: see => {
      const client = createFetch({ ...options, fetch: (...args) => (see(), globalThis.fetch(...args)) });
      return async url => (await client(url)).text();
    },
    axios: see => {
      const adapter: AxiosAdapter = config => (see(), axios.getAdapter('http', config)(config));
      const instance = axios.create({ adapter });
      attachBreaker(instance, options);
      return url => instance.get(url);
    },
    got: see => {
      const client = got.extend(breakerHooks(options), { hooks: { beforeRequest: [see] } });
      return url => client(url).text();
    },
    undici: see => {
      const agent = new Agent();
      closing.push(() => agent.destroy());
      const seeing: Dispatcher.DispatcherComposeInterceptor = dispatch => (opts, handler) => (
        see(), dispatch(opts, handler)
      );
      const dispatcher = agent.compose(seeing, breakerInterceptor(options) as never);
      return async url => (await request(url, { dispatcher })).body.text();
    },
  };

  it.each(Object.entries(clients))('behind %s', async (_, make) => {
    await using server = await ScriptedServer.start(answer(200, { body: 'x' }));
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const send = make(() => void seen.push(storage.getStore()));
    const names = Array.from({ length: 8 }, (_, i) => `caller ${i}`);
    await Promise.all(names.map(name => storage.run(name, () => send(server.url()))));
    expect(seen).toEqual(names);
  });
});
