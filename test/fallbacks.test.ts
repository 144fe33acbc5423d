import { AsyncLocalStorage } from 'node:async_hooks';
import { bulkhead, type Fallback, type HttpEvent, type HttpPolicyOptions } from '@cutout/http';
import { answer, breakBody, type ClientUnderTest, hang, reset, ScriptedServer } from '@cutout/testing';
import { AxiosHeaders } from 'axios';
import { afterEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { builtInFetchClient, undiciClient } from './conformance/undici.ts';

/** Turns a text into an answer of each adapter. */
const ADAPTERS = {
  fetch: [fetchClient, (body: string) => new Response(body, { status: 203 })],
  axios: [
    axiosClient,
    (data: string) => ({ status: 203, statusText: '', headers: {}, data, config: { headers: new AxiosHeaders() } }),
  ],
  got: [gotClient, (body: string) => ({ statusCode: 203, body })],
  undici: [undiciClient, (body: string) => ({ status: 203, body })],
  builtIn: [builtInFetchClient, (body: string) => ({ status: 203, body })],
} as const;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])('a fallback behind %s', adapter => {
  const [make, answerOf] = ADAPTERS[adapter];

  /** A fallback that pauses, then answers with the result of `text` or fails with its error. */
  function open(options: HttpPolicyOptions, text: Fallback<string | Promise<string>>): ClientUnderTest {
    const fallback: Fallback = async (failure, context) => answerOf(await await text(failure, context));
    const client = make({ retry: false, ...options, fallback });
    closing.push(() => client.close?.());
    return client;
  }

  async function read(client: ClientUnderTest, url: string, signal?: AbortSignal): Promise<string> {
    const sent = await client.send({ url, method: 'GET', headers: {}, body: undefined, signal, cutout: undefined });
    return sent.text();
  }

  it.each([
    undefined,
    null,
    'text',
    Object.freeze(new Error('frozen')),
    new Error('own', { cause: new Error('mine') }),
  ])('that throws %s fails the call with the failure as its cause', async thrown => {
    await using server = await ScriptedServer.start(reset);
    const seen: unknown[] = [];
    const client = open({}, failure => {
      seen.push(failure);
      return Promise.reject(thrown);
    });
    const error: Error = await read(client, server.url()).then(
      () => expect.unreachable(),
      rejection => rejection,
    );
    const failed = [error, error.cause as Error].find(({ name }) => name === 'FallbackError');
    expect(failed).toMatchObject({ code: 'ERR_FALLBACK_FAILED' });
    expect((failed as Error & { thrown: unknown }).thrown).toBe(thrown);
    expect(failed?.cause).toBe(seen[0]);
    expect(client.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  it('gets the failure as the caller would, and whether the call was refused', async () => {
    await using server = await ScriptedServer.start(reset);
    const seen: [failure: unknown, refused: boolean, method: string][] = [];
    const client = open({ attemptTimeoutMs: 100 }, (failure, { refused, request }) => {
      seen.push([failure, refused, `${request.method} ${request.url}`]);
      return 'instead';
    });
    const without = { url: server.url(), method: 'GET', headers: {}, body: undefined, signal: undefined };
    for (const step of [reset, hang, 'refused'] as const) {
      if (step === 'refused') client.policy.breaker(server.origin).isolate();
      else server.always(step);
      expect(await read(client, server.url())).toBe('instead');
      const [failure, refused, called] = seen.shift() as (typeof seen)[number];
      expect([refused, called]).toEqual([step === 'refused', `GET ${server.url()}`]);
      // Node's fetch takes no overrides, and wraps its dispatcher's errors.
      if (adapter === 'builtIn') continue;
      const own = await client.send({ ...without, cutout: { fallback: false } }).catch((error: Error) => error);
      expect((failure as Error & { code?: string }).code).toBe((own as Error & { code?: string }).code);
      // got wraps an error thrown by a hook in its own.
      if (adapter !== 'got' || step !== 'refused') expect((failure as Error).name).toBe((own as Error).name);
    }
  });

  it("runs in its caller's async context, over sockets opened by others", async () => {
    await using server = await ScriptedServer.start(answer(503, { body: 'no' }));
    const storage = new AsyncLocalStorage<string>();
    const retry = { maxRetries: 1, backoff: () => 1, budget: false } as const;
    const client = open(
      { bulkhead: bulkhead({ maxConcurrent: 2, maxQueue: 50 }), retry, breaker: { mode: 'off' } },
      async () => {
        const before = storage.getStore();
        await new Promise(resolve => setImmediate(resolve));
        return `${before} ${storage.getStore()}`;
      },
    );
    const names = Array.from({ length: 12 }, (_, i) => `caller${i}`);
    const answers = await Promise.all(names.map(name => storage.run(name, () => read(client, server.url()))));
    expect(answers).toEqual(names.map(name => `${name} ${name}`));
  });

  it('runs after the failing response has released its connection and bulkhead permit', async () => {
    await using server = await ScriptedServer.start();
    const client = open(
      { bulkhead: bulkhead({ maxConcurrent: 1 }), attemptTimeoutMs: 200, breaker: { mode: 'off' } },
      (_, { refused }) => {
        return `refused: ${refused}`;
      },
    );
    for (const step of [answer(503, { body: 5_000_000 }), breakBody('hang', { status: 503 }), reset]) {
      server.always(step);
      expect(await read(client, server.url())).toBe('refused: false');
      expect(await read(client, server.url())).toBe('refused: false');
    }
    while (server.busySockets > 0) await new Promise(resolve => setTimeout(resolve, 1));
  });

  it('that never settles ends with an abort, without an event', async () => {
    await using server = await ScriptedServer.start(answer(503));
    const started = Promise.withResolvers<void>();
    const client = open({}, () => {
      started.resolve();
      return new Promise(() => undefined);
    });
    const events: HttpEvent['type'][] = [];
    client.policy.subscribe(({ type }) => void events.push(type));
    const abort = new AbortController();
    const ended = read(client, server.url(), abort.signal).then(
      () => 'answered',
      () => 'rejected',
    );
    await started.promise;
    abort.abort();
    expect(await ended).toBe('rejected');
    expect(events).toEqual(['outcome']);
    expect(client.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  // A process has one global dispatcher.
  if (adapter === 'builtIn') return;

  it('runs once if two adapters are the fallbacks of each other', async () => {
    await using one = await ScriptedServer.start(reset);
    await using two = await ScriptedServer.start(reset);
    let times = 0;
    const first: ClientUnderTest = open({}, () => {
      times += 1;
      return read(second, two.url());
    });
    const second: ClientUnderTest = open({}, () => {
      times += 1;
      return read(first, one.url());
    });
    const events: HttpEvent[] = [];
    first.policy.subscribe(event => event.type === 'fallback-refused' && events.push(event));
    await expect(read(first, one.url())).rejects.toThrow();
    expect(times).toBe(2);
    expect(events).toMatchObject([{ key: one.origin }]);
    expect([one.requests.length, two.requests.length]).toEqual([2, 1]);
  });
});
