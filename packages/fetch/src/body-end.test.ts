import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bulkhead } from '@cutout/http';
import { answer, breakBody, drip, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CutoutFetch, createFetch, type FetchOptions } from './create-fetch.ts';

const URL_OF_CALL = 'http://h.test/';

/** How a body that the host cut is called. */
const BREAKS: Record<string, () => unknown> = {
  Node: () => new TypeError('terminated'),
  Chromium: () => new TypeError('network error'),
  Firefox: () => new TypeError('Error in input stream'),
  'Firefox, where it is too short': () =>
    new TypeError('Content-Length header of network response exceeds response Body.'),
  'Firefox, where it is chunked': () => new DOMException('The operation was aborted. ', 'AbortError'),
  WebKit: () => new TypeError('Load failed'),
  'an engine to come': () => new TypeError('the body went away'),
  'an engine without words': () => undefined,
};

const READS: Record<string, (response: Response) => Promise<unknown>> = {
  text: r => r.text(),
  json: r => r.json(),
  formData: r => r.formData(),
  'for await': async r => {
    for await (const _ of r.body as unknown as AsyncIterable<unknown>);
  },
  getReader: async r => {
    const reader = (r.body as ReadableStream).getReader();
    while (!(await reader.read()).done);
  },
  pipeTo: async r => r.body?.pipeTo(new WritableStream()),
  tee: async r => Promise.all((r.body?.tee() ?? []).map(branch => new Response(branch).text())),
  'a Node stream': async r =>
    pipeline(Readable.fromWeb(r.body as never), new Writable({ write: (_, __, done) => done() })),
};

const stateOf = (fetch: CutoutFetch, url = URL_OF_CALL): string => fetch.policy.breaker(url).state;
const ONE: FetchOptions = { retry: false, breaker: { failures: 1 } };

describe('a body that breaks without the caller', () => {
  for (const [engine, error] of Object.entries(BREAKS)) {
    it.each(Object.entries(READS))(`counts, as ${engine} calls it, read by %s`, async (_, read) => {
      const body = (): ReadableStream => new ReadableStream({ pull: controller => controller.error(error()) });
      const headers = { 'content-type': 'multipart/form-data; boundary=x' };
      const fetch = createFetch({ ...ONE, fetch: async () => new Response(body(), { headers }) });
      await read(await fetch(URL_OF_CALL)).catch(() => undefined);
      await vi.waitFor(() => expect(stateOf(fetch)).toBe('open'));
    });
  }

  it('is none where the caller has aborted, whatever the error is called', async () => {
    for (const error of Object.values(BREAKS)) {
      const controller = new AbortController();
      const fetch = createFetch({
        ...ONE,
        fetch: async (_, init) =>
          new Response(
            new ReadableStream({
              start: stream => init?.signal?.addEventListener('abort', () => stream.error(error())),
            }),
          ),
      });
      const text = (await fetch(URL_OF_CALL, { signal: controller.signal })).text();
      controller.abort();
      await text.catch(() => undefined);
      expect(stateOf(fetch)).toBe('closed');
    }
  });

  it('is none where it has arrived and is no form', async () => {
    const fetch = createFetch({ ...ONE, fetch: async () => new Response('no form') });
    await expect((await fetch(URL_OF_CALL)).formData()).rejects.toThrow(TypeError);
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const other = createFetch({ ...ONE, fetch: async () => new Response('no form', { headers }) });
    await expect((await other(URL_OF_CALL)).formData()).rejects.toThrow(TypeError);
    expect([stateOf(fetch), stateOf(other)]).toEqual(['closed', 'closed']);
  });
});

/** Every way in which a reader can leave a body that is still to come. */
const LEAVES: Record<string, (response: Response, abort: () => void) => Promise<unknown>> = {
  'body.cancel()': async r => r.body?.cancel(),
  'reader.cancel()': async r => {
    const reader = (r.body as ReadableStream).getReader();
    await reader.read();
    await reader.cancel();
  },
  'releaseLock(), and cancel()': async r => {
    const reader = (r.body as ReadableStream).getReader();
    await reader.read();
    reader.releaseLock();
    await r.body?.cancel();
  },
  'the end of a loop': async r => {
    for await (const _ of r.body as unknown as AsyncIterable<unknown>) break;
  },
  'an error in a loop': async r => {
    for await (const _ of r.body as unknown as AsyncIterable<unknown>) throw new Error('mine');
  },
  'a pipe whose other end fails': async r =>
    r.body?.pipeTo(new WritableStream({ write: () => Promise.reject(new Error('full')) })),
  'a pipe whose other end is aborted': async r => {
    const { readable, writable } = new TransformStream();
    const piped = r.body?.pipeTo(writable);
    await readable.cancel();
    await piped;
  },
  'a pipe that is aborted': async r => {
    const controller = new AbortController();
    const target = new WritableStream({ write: () => controller.abort() });
    await r.body?.pipeTo(target, { signal: controller.signal });
  },
  'pipeThrough, and the end of a loop': async r => {
    const text = r.body?.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>;
    for await (const _ of text) break;
  },
  'both branches of tee()': async r => Promise.all((r.body?.tee() ?? []).map(branch => branch.cancel())),
  'a Node stream that is destroyed': async r => {
    const stream = Readable.fromWeb(r.body as never);
    stream.once('data', () => stream.destroy());
    await new Promise(resolve => stream.on('close', resolve));
  },
  'a Node stream that is destroyed with an error': async r => {
    const stream = Readable.fromWeb(r.body as never).on('error', () => undefined);
    stream.once('data', () => stream.destroy(new Error('mine')));
    await new Promise(resolve => stream.on('close', resolve));
  },
  'a pipeline whose other end is destroyed': async r => {
    const target = new Writable({ write: () => void target.destroy() });
    await pipeline(Readable.fromWeb(r.body as never), target);
  },
  'an abort while it is read': async (r, abort) => {
    const text = r.text();
    abort();
    await text;
  },
  'an abort before it is read': async (r, abort) => {
    abort();
    await r.text();
  },
  'an abort, and no reading': async (_, abort) => abort(),
  'an abort after a reader was released': async (r, abort) => {
    const reader = (r.body as ReadableStream).getReader();
    await reader.read();
    reader.releaseLock();
    abort();
  },
};

describe('a body that its reader leaves', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await ScriptedServer.start(drip(1_000, 2));
  });
  afterEach(() => server.close());

  const limits: Record<string, FetchOptions> = { 'no limit': {}, 'a limit': { attemptTimeoutMs: 10_000 } };
  for (const [limit, options] of Object.entries(limits)) {
    it.each(Object.entries(LEAVES))(
      `by %s is no failure, and gives its place back at once, with ${limit}`,
      async (_, leave) => {
        const fetch = createFetch({
          ...ONE,
          ...options,
          bulkhead: bulkhead({ maxConcurrent: 1, bodyHoldMs: 600_000 }),
        });
        const controller = new AbortController();
        const response = await fetch(server.url(), { signal: controller.signal });
        await leave(response, () => controller.abort()).catch(() => undefined);
        await vi.waitFor(() => expect(fetch.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0));
        expect(fetch.policy.metricsOf(server.origin)?.answers).toMatchObject({ success: 1, failure: 0 });
        expect(stateOf(fetch, server.origin)).toBe('closed');
      },
    );
  }

  it('is one that breaks where the host cuts it during a pipe', async () => {
    server.always(breakBody('reset'));
    for (const options of [undefined, { preventCancel: true }, { preventAbort: true }]) {
      const fetch = createFetch(ONE);
      const piped = (await fetch(server.url())).body?.pipeTo(new WritableStream(), options);
      await expect(piped).rejects.toThrow();
      expect(stateOf(fetch, server.origin)).toBe('open');
    }
  });

  it('is left alone by a pipe that fails and is not to cancel it', async () => {
    const fetch = createFetch(ONE);
    const response = await fetch(server.url());
    const full = new WritableStream({ write: () => Promise.reject(new Error('full')) });
    await expect(response.body?.pipeTo(full, { preventCancel: true })).rejects.toThrow('full');
    expect(stateOf(fetch, server.origin)).toBe('closed');
    await response.body?.cancel();
    expect(stateOf(fetch, server.origin)).toBe('closed');
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const fetch = createFetch({ ...ONE, bulkhead: bulkhead({ maxConcurrent: 1 }) });
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, 'addEventListener'), vi.spyOn(signal, 'removeEventListener')];
    const count = (spy: typeof add | typeof remove): number => spy.mock.calls.length;
    server.always(answer(200, { body: 'x' }));
    for (let i = 0; i < 3; i++) {
      const before = count(add) - count(remove);
      const response = await fetch(server.url(), { signal });
      const during = count(add) - count(remove);
      await response.text();
      expect(count(add) - count(remove)).toBeLessThan(during);
      expect(before).toBeLessThanOrEqual(during);
    }
  });
});
