import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { bulkhead, hedge } from '@cutout/http';
import { ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFetch, type FetchOptions } from './create-fetch.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const aborted = (): AbortSignal => AbortSignal.abort('given up');

const errorOf = async (call: Promise<unknown>): Promise<unknown> => {
  const error = await call.then(
    () => expect.unreachable(),
    reason => reason,
  );
  return error instanceof Error ? [error.name, error.message] : error;
};

type Fetch = typeof globalThis.fetch;

/** What a call leaves behind, by the fetch that makes it. */
const TRACES: Record<string, (fetch: Fetch, url: string) => Promise<unknown>> = {
  'the error of a plain call': (fetch, url) => errorOf(fetch(url, { signal: aborted() })),
  'the error of a Request': (fetch, url) => errorOf(fetch(new Request(url, { signal: aborted() }))),
  'a bad method before the abort': (fetch, url) => errorOf(fetch(url, { signal: aborted(), method: '\0' })),
  'a GET with a body': (fetch, url) => errorOf(fetch(url, { signal: aborted(), body: 'x' })),
  'a bad header': (fetch, url) => errorOf(fetch(url, { signal: aborted(), headers: { 'a b': '1' } })),
  'credentials in the URL': (fetch, url) => errorOf(fetch(url.replace('//', '//a:b@'), { signal: aborted() })),
  'a body without duplex': (fetch, url) =>
    errorOf(fetch(url, { signal: aborted(), method: 'POST', body: new ReadableStream() })),
  'whether a Request has been used': async (fetch, url) => {
    const request = new Request(url, { method: 'POST', body: 'x', signal: aborted() });
    return [await errorOf(fetch(request)), request.bodyUsed];
  },
  'the reason that a body is cancelled with': async (fetch, url) => {
    const cancel = vi.fn();
    const body = new ReadableStream({ cancel });
    const error = await errorOf(fetch(url, { signal: aborted(), method: 'POST', body, duplex: 'half' } as RequestInit));
    return [error, cancel.mock.calls];
  },
  'whether a file is closed': async (fetch, url) => {
    const file = createReadStream(import.meta.filename).on('error', () => undefined);
    await once(file, 'open');
    const body = Readable.toWeb(file);
    await errorOf(fetch(url, { signal: aborted(), method: 'POST', body, duplex: 'half' } as unknown as RequestInit));
    return file.destroyed;
  },
};

const OPTIONS: Record<string, FetchOptions> = {
  defaults: {},
  limits: { attemptTimeoutMs: 5_000, totalTimeoutMs: 10_000 },
  'a hedge and a bulkhead': { hedge: hedge(), bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) },
  'a fallback': { fallback: () => new Response('instead') },
};

describe.each(Object.entries(OPTIONS))('a call that is aborted before it is made, with %s', (_, options) => {
  it.each(Object.entries(TRACES))('leaves the same traces as without us: %s', async (_name, trace) => {
    const guarded = createFetch(options);
    guarded.policy.breaker(server.origin).isolate();
    expect(await trace(guarded, server.url())).toEqual(await trace(globalThis.fetch, server.url()));
    expect(server.requests).toEqual([]);
    expect(guarded.policy.metricsOf(server.origin)?.inFlight).toBe(0);
  });
});
