import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, get, type IncomingMessage, request as nodeRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { bulkhead } from '@cutout/http';
import { answer, breakBody, hang, ScriptedServer } from '@cutout/testing';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axios17 from 'axios-1.7';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AxiosAdapterOptions, attachBreaker, type Detach } from './attach-breaker.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

async function listening(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each([
  ['1.21', axios],
  ['1.7', axios17 as unknown as typeof axios],
])('behind axios %s', (_version, client) => {
  function make(options: AxiosAdapterOptions = {}): { http: AxiosInstance; detach: Detach } {
    const http = client.create({ baseURL: server.origin, proxy: false });
    return { http, detach: attachBreaker(http, { retry: { backoff: () => 1 }, ...options }) };
  }
  const counted = ({ policy }: Detach): unknown => policy.metricsOf(server.origin)?.answers;
  const state = ({ policy }: Detach): string => policy.breaker(server.origin).state;

  describe('an upload whose source fails', () => {
    const failing = (): Readable => {
      let parts = 0;
      return new Readable({
        read() {
          if (parts++ === 0) this.push('first part');
          else this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
        },
      });
    };
    const web = (): ReadableStream => {
      let parts = 0;
      return new ReadableStream({
        pull(controller) {
          if (parts++ === 0) controller.enqueue(new TextEncoder().encode('first part'));
          else controller.error(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
        },
      });
    };
    const sources: [string, AxiosRequestConfig][] = [
      ['a stream', {}],
      ['a stream without redirects', { maxRedirects: 0 }],
      ['a stream under a rate', { maxRate: 1_000_000 }],
      ['a stream under the fetch adapter', { adapter: 'fetch' }],
    ];
    it.each(sources)('(%s) is ignored, and sent once', async (_name, config) => {
      const { http, detach } = make();
      for (let i = 0; i < 3; i++) await expect(http.put('/', failing(), config)).rejects.toThrow();
      expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 3 });
    });

    it('arrives as it is where it does not fail', async () => {
      const { http } = make();
      for (const config of sources.map(([, each]) => each)) {
        await http.put('/', Readable.from([Buffer.from('one '), Buffer.from('two')]), config);
        expect(server.requests.at(-1)?.body).toBe('one two');
      }
    });

    it('(a web stream) is ignored, and sent once', async () => {
      const { http, detach } = make();
      await expect(http.put('/', web(), { adapter: 'fetch' })).rejects.toThrow();
      expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 1 });
    });

    it('(a file that cannot be read) is ignored', async () => {
      const { http, detach } = make();
      for (const path of [import.meta.dirname, `${import.meta.dirname}/none`]) {
        await expect(http.put('/', createReadStream(path))).rejects.toThrow();
      }
      expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 2 });
    });

    it('(a browser that leaves) is ignored', async () => {
      const { http, detach } = make();
      const ended = Promise.withResolvers<unknown>();
      const front = createServer(async (incoming, response) => {
        await http.post('/', incoming, { maxRedirects: 0 }).catch(ended.resolve);
        response.end();
      });
      const browser = nodeRequest(await listening(front), { method: 'POST', headers: { 'content-length': 1_000 } });
      browser.on('error', () => undefined).write('part');
      await once(front, 'request');
      await vi.waitFor(() => expect(server.openSockets).toBe(1));
      browser.destroy();
      await ended.promise;
      expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 1 });
      front.close();
    });

    it('is one thing, a host that breaks it off another', async () => {
      const { http, detach } = make();
      const host = createServer(incoming => incoming.once('data', () => incoming.socket.resetAndDestroy()));
      const url = await listening(host);
      const endless = new Readable({
        read() {
          setImmediate(() => this.push('x'.repeat(1_000)));
        },
      });
      await expect(http.put(url, endless, { maxRedirects: 0 })).rejects.toThrow();
      expect(detach.policy.metricsOf(url)?.answers).toEqual({ success: 0, failure: 1, ignore: 0 });
      endless.destroy();
      host.close();
    });
  });

  describe('a download whose reader leaves', () => {
    const body = answer(200, { body: 5_000_000 });
    const coded: AxiosRequestConfig = { onDownloadProgress: () => undefined };
    const leave: Record<string, (data: Readable) => unknown> = {
      'by destroy()': data => data.destroy(),
      'by destroy(error)': data =>
        data.on('error', () => undefined).destroy(Object.assign(new Error(), { code: 'EPIPE' })),
      'by a break out of a loop': async data => {
        for await (const _ of data) break;
      },
      'by a pipeline to what is closed': async data => {
        const sink = new PassThrough();
        sink.once('data', () => sink.destroy());
        await pipeline(data, sink).catch(() => undefined);
      },
      'by a pipeline to a browser that leaves': async data => {
        const done = Promise.withResolvers<void>();
        const front = createServer((_, response) => {
          void pipeline(data, response).catch(() => done.resolve());
        });
        const browser = get(await listening(front), (message: IncomingMessage) => {
          message.on('error', () => undefined).once('data', () => message.destroy());
        });
        browser.on('error', () => undefined);
        await done.promise;
        front.close();
      },
      'by its request': (data: Readable & { req?: { destroy(): void } }) => {
        data.on('error', () => undefined);
        (data.req ?? data).destroy();
      },
    };

    describe.each([
      ['as it comes', {}],
      ['through a counter', coded],
    ] as const)('(%s)', (_kind, config) => {
      it.each(Object.entries(leave))('%s counts as well', async (_name, go) => {
        server.always(body);
        const { http, detach } = make({ breaker: { failures: 1 } });
        const { data } = await http.get('/', { responseType: 'stream', ...config });
        const closed = once(data, 'close').catch(() => undefined);
        await go(data);
        await closed;
        expect(counted(detach)).toEqual({ success: 1, failure: 0, ignore: 0 });
        expect(state(detach)).toBe('closed');
      });
    });

    it('by an abort gives its place back at once, read or not', async () => {
      server.always(body);
      const { http, detach } = make({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 0 }) });
      const own = new AbortController();
      await http.get('/', { responseType: 'stream', signal: own.signal });
      expect(detach.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(1);
      own.abort();
      expect(detach.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0);
      expect(state(detach)).toBe('closed');
    });
  });

  describe('a download that breaks', () => {
    const touchy = { retry: false, breaker: { failures: 1 } } as const;
    const drain = (data: Readable): Promise<unknown> =>
      data
        .resume()
        .toArray()
        .catch(error => error);

    it.each(['reset', 'close'] as const)('by a %s counts', async how => {
      server.always(breakBody(how));
      for (const config of [{}, { onDownloadProgress: () => undefined }]) {
        const { http, detach } = make(touchy);
        const { data } = await http.get('/', { responseType: 'stream', ...config });
        await drain(data);
        await vi.waitFor(() => expect(state(detach)).toBe('open'));
      }
    });

    it('by its coding counts', async () => {
      const bytes = gzipSync('x'.repeat(10_000));
      const cut = createServer((_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes.fill(0, 20, 30));
      });
      const url = await listening(cut);
      const { http, detach } = make(touchy);
      const { data } = await http.get(url, { responseType: 'stream' });
      await drain(data);
      await vi.waitFor(() => expect(detach.policy.breaker(url).state).toBe('open'));
      cut.close();
    });

    it('by a limit of axios counts as well', async () => {
      server.always(answer(200, { body: 5_000 }));
      const { http, detach } = make(touchy);
      const call = http.get('/', { responseType: 'stream', maxContentLength: 1_000 });
      await call.then(({ data }) => drain(data)).catch(() => undefined);
      expect(state(detach)).toBe('closed');
    });

    it("by the caller's time limit counts", async () => {
      server.always(breakBody('hang'));
      const { http, detach } = make(touchy);
      const own = new AbortController();
      const { data } = await http.get('/', { responseType: 'stream', signal: own.signal });
      data.on('error', () => undefined);
      own.abort(new DOMException('late', 'TimeoutError'));
      expect(state(detach)).toBe('open');
    });
  });

  describe('a web stream', () => {
    const touchy = { retry: false, breaker: { failures: 1 } } as const;
    const open = (http: AxiosInstance, config: AxiosRequestConfig = {}): Promise<ReadableStream<Uint8Array>> =>
      http.get('/', { responseType: 'stream', adapter: 'fetch', ...config }).then(({ data }) => data);
    const leave: Record<string, (data: ReadableStream<Uint8Array>) => unknown> = {
      'by cancel()': data => data.cancel(),
      'by cancel() of its reader': data => data.getReader().cancel(new Error('x')),
      'by a break out of a loop': async data => {
        for await (const _ of data) break;
      },
      'by a pipe to what fails': data =>
        data.pipeTo(new WritableStream({ write: () => Promise.reject(new Error('full')) })).catch(() => undefined),
      'by a pipeline to what is closed': async data => {
        const sink = new PassThrough();
        sink.once('data', () => sink.destroy());
        await pipeline(Readable.fromWeb(data as never), sink).catch(() => undefined);
      },
    };

    it.each(Object.entries(leave))('whose reader leaves %s counts as well', async (_name, go) => {
      server.always(answer(200, { body: 5_000_000 }));
      const { http, detach } = make({ ...touchy, bulkhead: bulkhead({ maxConcurrent: 1 }) });
      await go(await open(http));
      await vi.waitFor(() => expect(detach.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0));
      expect(state(detach)).toBe('closed');
    });

    it('that is read whole arrives so, in buffers of the reader too', async () => {
      server.always(answer(200, { body: 50_000 }));
      const { http, detach } = make(touchy);
      expect(await new Response(await open(http)).text()).toBe('x'.repeat(50_000));
      const reader = (await open(http)).getReader({ mode: 'byob' });
      let size = 0;
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(4_000));
        size += value?.byteLength ?? 0;
        if (done) break;
      }
      expect(size).toBe(50_000);
      expect(counted(detach)).toEqual({ success: 2, failure: 0, ignore: 0 });
    });

    it.each(['reset', 'close'] as const)('that breaks by a %s counts', async how => {
      server.always(breakBody(how));
      const { http, detach } = make(touchy);
      const body = await open(http);
      await expect(new Response(body).text()).rejects.toThrow();
      expect(state(detach)).toBe('open');
    });

    it('that is aborted gives its place back at once, read or not', async () => {
      server.always(answer(200, { body: 5_000_000 }));
      const { http, detach } = make({ ...touchy, bulkhead: bulkhead({ maxConcurrent: 1 }) });
      const own = new AbortController();
      await open(http, { signal: own.signal });
      own.abort();
      expect(detach.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0);
      expect(state(detach)).toBe('closed');
    });
  });

  it('a request that hangs under a limit leaves nothing', async () => {
    server.always(hang);
    const { http, detach } = make({ attemptTimeoutMs: 50, retry: false });
    await expect(http.get('/', { responseType: 'stream' })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await vi.waitFor(() => expect(server.openSockets).toBe(0));
    expect(counted(detach)).toEqual({ success: 0, failure: 1, ignore: 0 });
  });
});
