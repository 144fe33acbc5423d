import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFetch } from '@cutout/fetch';
import { answer, breakBody, drip, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ONE = { failures: 1 } as const;
const RETRY = { backoff: () => 20 };

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

describe('changes by the caller after the call', () => {
  it('to the URL, the init, its headers and its parameters affect no attempt', async () => {
    server.next(answer(503));
    const url = new URL(server.url('/a'));
    const init = { method: 'PUT', headers: new Headers({ id: '1' }), body: new URLSearchParams({ a: '1' }) };
    const promise = createFetch({ retry: RETRY })(url, init);
    url.pathname = '/b';
    init.method = 'DELETE';
    init.headers.set('id', '2');
    init.body.set('a', '2');
    await promise;
    const seen = server.requests.map(request => [request.method, request.path, request.headers['id'], request.body]);
    expect(seen).toEqual([
      ['PUT', '/a', '1', 'a=1'],
      ['PUT', '/a', '1', 'a=1'],
    ]);
  });

  it('to a header called next work like any other', async () => {
    await createFetch()(server.url(), { headers: { next: '1' } });
    expect(server.requests[0]?.headers['next']).toBe('1');
  });
});

describe('the members of a response', () => {
  it('of its own, such as a text(), stay', async () => {
    const own = async (...args: Parameters<typeof globalThis.fetch>): Promise<Response> => {
      const response = await globalThis.fetch(...args);
      return Object.defineProperty(response, 'text', { value: async () => 'decrypted', configurable: true });
    };
    expect(await (await createFetch({ fetch: own })(server.url())).text()).toBe('decrypted');
  });

  it('missing on this platform are not added', async () => {
    const bare = { status: 200, headers: new Headers(), body: null, ok: true };
    expect('bytes' in (await createFetch({ fetch: async () => bare as never })(server.url()))).toBe(false);
  });

  it('may include a body that is not a web stream', async () => {
    class NodeFetchResponse {
      readonly status = 200;
      readonly headers = new Headers();
      readonly #body = Readable.from([Buffer.from('hello')]);
      get body(): Readable {
        return this.#body;
      }
    }
    const response = await createFetch({ fetch: async () => new NodeFetchResponse() as never })(server.url());
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Buffer>) text += chunk;
    expect(text).toBe('hello');
  });

  it('are visible to every adapter of a stack', async () => {
    server.always(breakBody('reset'));
    const inner = createFetch({ breaker: ONE, retry: false });
    // A function in between hides the inner adapter from the outer one, so it guards too.
    const outer = createFetch({ fetch: input => inner(input), breaker: ONE, retry: false });
    await (await outer(server.url())).text().catch(() => undefined);
    const states = [inner, outer].map(adapter => adapter.policy.breaker(server.origin).state);
    expect(states).toEqual(['open', 'open']);
  });
});

describe('a body', () => {
  it('that a fallback passes on in its own response can be read', async () => {
    server.always(answer(503, { body: 'maintenance' }));
    const fallback = (failure: unknown): Response => new Response((failure as Response).body, { status: 200 });
    expect(await (await createFetch({ retry: false, fallback })(server.url())).text()).toBe('maintenance');
  });

  it('that is not a form is neutral for the host', async () => {
    server.always(answer(200, { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: 'garbage' }));
    const fetch = createFetch({ breaker: ONE });
    await expect((await fetch(server.url())).formData()).rejects.toBeInstanceOf(TypeError);
    expect(fetch.policy.breaker(server.origin).state).toBe('closed');
  });

  it('that is destroyed as a Node stream is neutral too', async () => {
    server.always(drip(50, 20));
    const fetch = createFetch({ breaker: ONE });
    for (const error of [undefined, new Error('mine')]) {
      const stream = Readable.fromWeb((await fetch(server.url())).body as never);
      stream.on('error', () => undefined);
      stream.once('data', () => stream.destroy(error));
      await new Promise(resolve => stream.once('close', resolve));
      await sleep(20);
    }
    expect(fetch.policy.breaker(server.origin).state).toBe('closed');
  });

  it('breaks for a reader with its own buffer, too', async () => {
    server.always(breakBody('reset'));
    const fetch = createFetch({ breaker: ONE, retry: false });
    const reader = (await fetch(server.url())).body?.getReader({ mode: 'byob' });
    const readAll = async (): Promise<void> => {
      while (!(await reader?.read(new Uint8Array(1_000)))?.done);
    };
    await expect(readAll()).rejects.toThrow();
    expect(fetch.policy.breaker(server.origin).state).toBe('open');
  });

  it('that is slow does not delay a call beyond its total limit', async () => {
    server.always(drip(100, 20));
    const fetch = createFetch({
      retry: { backoff: () => 1 },
      totalTimeoutMs: 100,
      failureStatus: [200],
      retryStatus: [200],
    });
    await expect(fetch(server.url())).rejects.toMatchObject({ code: 'ERR_TOTAL_TIMEOUT' });
    expect(server.requests).toHaveLength(1);
  });

  it('of a call whose classify throws is discarded', async () => {
    server.always(answer(200, { body: 5_000_000 }));
    const classify = (): never => {
      throw new Error('mine');
    };
    const fetch = createFetch({ retry: false, classify });
    for (let i = 0; i < 5; i++) await expect(fetch(server.url())).rejects.toThrow('mine');
    await expect.poll(() => server.openSockets).toBeLessThan(3);
  });
});
