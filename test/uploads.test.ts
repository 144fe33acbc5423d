/** Uploads whose source fails before anything is sent: in a bulkhead's queue, or during a refusal. */

import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { bulkhead, type HttpPolicy, type HttpPolicyOptions } from '@cutout/http';
import { answer, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import FormData from 'form-data';
import got from 'got';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Client {
  readonly policy: HttpPolicy;
  get(url: string): Promise<unknown>;
  put(url: string, body: Readable): Promise<unknown>;
}

const CLIENTS: Record<string, (options: HttpPolicyOptions<never>) => Client> = {
  fetch(options) {
    const fetch = createFetch(options);
    const put = (url: string, body: Readable): Promise<unknown> =>
      fetch(url, { method: 'PUT', body: body as never, duplex: 'half' } as RequestInit);
    return { policy: fetch.policy, get: async url => (await fetch(url)).text(), put };
  },
  axios(options) {
    const instance = axios.create();
    const { policy } = attachBreaker(instance, options);
    return { policy, get: url => instance.get(url), put: (url, body) => instance.put(url, body) };
  },
  got(options) {
    const hooks = breakerHooks(options);
    const client = got.extend(hooks);
    return { policy: hooks.policy, get: url => client(url).text(), put: (url, body) => client.put(url, { body }) };
  },
  undici(options) {
    const interceptor = breakerInterceptor(options);
    const dispatcher = new Agent().compose(interceptor as never);
    const get = async (url: string): Promise<unknown> => (await request(url, { dispatcher })).body.text();
    return { policy: interceptor.policy, get, put: (url, body) => request(url, { method: 'PUT', body, dispatcher }) };
  },
};

const MISSING = join(tmpdir(), 'cutout', 'is', 'not', 'there');
const SOURCES: Record<string, () => Readable> = {
  'a file that is not there': () => createReadStream(MISSING),
  'a stream that is destroyed': () => destroyedSoon(),
  'a stream that is destroyed with an error': () => destroyedSoon(new Error('the sender left')),
};

function destroyedSoon(error?: Error): Readable {
  const stream = new PassThrough();
  setImmediate(() => stream.destroy(error));
  return stream;
}

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
const before = new Map<string, NodeJS.UncaughtExceptionListener[]>();

beforeEach(() => {
  uncaught.length = 0;
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    before.set(event, process.listeners(event as 'uncaughtException'));
    process.removeAllListeners(event);
    process.on(event, note);
  }
});

afterEach(() => {
  for (const [event, listeners] of before) {
    process.removeAllListeners(event);
    for (const listener of listeners) process.on(event as 'uncaughtException', listener);
  }
});

describe.each(Object.keys(CLIENTS))('behind %s, an upload of', name => {
  const make = CLIENTS[name] as (typeof CLIENTS)[string];

  it.each(Object.keys(SOURCES))('%s fails with its source when it is sent, and releases its permit', async kind => {
    await using server = await ScriptedServer.start(answer(200));
    server.next(answer(200, { delayMs: 60 }));
    const { policy, get, put } = make({ retry: false, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 5 }) });
    const slow = get(server.url('/slow'));
    const upload = put(server.url('/'), (SOURCES[kind] as () => Readable)());
    await expect(upload).rejects.toThrow();
    await slow;
    await get(server.url('/next'));
    await turn();
    expect(policy.metricsOf(server.origin)).toMatchObject({
      inFlight: 0,
      bulkhead: { inFlight: 0, queued: 0 },
      answers: { success: 2, failure: 0 },
    });
    expect(uncaught).toEqual([]);
  });

  it.each(Object.keys(SOURCES))('%s that is refused ends only the call', async kind => {
    await using server = await ScriptedServer.start(answer(200));
    const { policy, put } = make({ retry: false });
    policy.breaker(server.origin).isolate();
    const source = (SOURCES[kind] as () => Readable)();
    const closed = new Promise<void>(resolve => (source.closed ? resolve() : source.once('close', resolve)));
    await expect(put(server.url('/'), source)).rejects.toThrow(/isolated/);
    await closed;
    await turn();
    expect(uncaught).toEqual([]);
  });
});

describe('a form of the form-data package', () => {
  const failing: Record<string, () => Readable> = {
    'a file that is not there': () => createReadStream(MISSING),
    'a stream that fails while it is sent': () => {
      const stream = new PassThrough();
      stream.write('part');
      setTimeout(() => stream.destroy(new Error('the sender left')), 20);
      return stream;
    },
  };

  it.each(Object.keys(failing))('with %s is neutral for the host', async kind => {
    await using server = await ScriptedServer.start(answer(200));
    const instance = axios.create();
    const { policy } = attachBreaker(instance, { retry: { backoff: () => 1 } });
    const form = new FormData();
    form.append('file', (failing[kind] as () => Readable)(), { filename: 'a.txt' });
    await expect(instance.put(server.url('/'), form)).rejects.toThrow();
    expect(policy.metricsOf(server.origin)).toMatchObject({ retries: 0, answers: { failure: 0, ignore: 1 } });
  });
});
