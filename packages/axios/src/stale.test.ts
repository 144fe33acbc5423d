import { gzipSync } from 'node:zlib';
import { staleIfError } from '@cutout/stale';
import { answer, hang, ScriptedServer } from '@cutout/testing';
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import axios17 from 'axios-1.7';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AxiosAdapterOptions, attachBreaker } from './attach-breaker.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const down = answer(503, { body: 'down' });

describe.each([
  ['1.21', axios],
  ['1.7', axios17 as unknown as typeof axios],
])('behind axios %s a stale answer', (_version, client) => {
  function make(options: AxiosAdapterOptions = {}, own: AxiosRequestConfig = {}): AxiosInstance {
    const instance = client.create(own);
    attachBreaker(instance, { retry: false, stale: staleIfError(), ...options });
    return instance;
  }

  const status = (asked: Promise<AxiosResponse>): Promise<number | undefined> =>
    asked.then(
      response => response.status,
      (error: AxiosError) => error.response?.status,
    );

  it('is a response of its own in the type that was asked for, and goes through transformResponse', async () => {
    const instance = make();
    server.next(answer(200, { body: '{"a":[1]}', headers: { 'x-a': '1', 'content-type': 'application/json' } }));
    const first = await instance.get(server.url());
    server.always(down);
    const { data, status, statusText, headers, config } = await instance.get(server.url(), { params: undefined });
    expect([data, status, statusText, config.method]).toEqual([{ a: [1] }, 200, 'OK', 'get']);
    expect([headers['x-a'], headers['age'], headers['cache-status']]).toEqual([
      '1',
      '0',
      'cutout; hit; fwd=stale; detail="503"',
    ]);
    expect(data).not.toBe(first.data);
    data.a.push(2);
    expect((await instance.get(server.url())).data).toEqual({ a: [1] });
    expect((await instance.get(server.url(), { transformResponse: [text => `${text}!`] })).data).toBe('{"a":[1]}!');
  });

  it.each(['http', 'fetch'] as const)('is made of bytes of its own with the %s adapter', async adapter => {
    const instance = make({}, { adapter, responseType: 'arraybuffer' });
    server.next(answer(200, { body: 'good' }));
    const first = await instance.get(server.url());
    new Uint8Array(first.data).fill(0);
    server.always(down);
    for (let i = 0; i < 2; i++) {
      const { data } = await instance.get(server.url());
      expect(Object.getPrototypeOf(data)).toBe(Object.getPrototypeOf(first.data));
      expect(Buffer.from(data).toString()).toBe('good');
      new Uint8Array(data).fill(0);
    }
    expect((await instance.get(server.url(), { responseType: 'text' })).data).toBe('good');
  });

  it('is neither made of a stream, a blob or another encoding, nor served in their place', async () => {
    const wants: AxiosRequestConfig[] = [{ responseType: 'stream' }, { responseEncoding: 'latin1' }];
    for (const want of wants) {
      const instance = make({ breaker: { mode: 'off' } });
      server.always(answer(200, { body: 'good' }));
      const { data } = await instance.get(server.url(), want);
      if (want.responseType === 'stream') for await (const _ of data);
      server.always(down);
      expect(await status(instance.get(server.url()))).toBe(503);
      server.always(answer(200, { body: 'good' }));
      await instance.get(server.url());
      server.always(down);
      expect(await status(instance.get(server.url(), want))).toBe(503);
      expect(await status(instance.get(server.url()))).toBe(200);
    }
  });

  it('is none of bytes that axios has left under a coding', async () => {
    const coded = { 'content-encoding': 'gzip' };
    const adapter = async (config: object): Promise<AxiosResponse> =>
      ({ status: 200, statusText: '', headers: coded, data: gzipSync('x'), config, request: {} }) as never;
    const instance = make({}, { responseType: 'arraybuffer' });
    await instance.get('http://a.example/', { adapter: adapter as never });
    const failing = { adapter: async () => Promise.reject(new AxiosError('no', 'ECONNRESET')) };
    await expect(instance.get('http://a.example/', failing)).rejects.toThrow('no');
  });

  it("is one caller's, however axios is told of the caller", async () => {
    const others: [AxiosRequestConfig, AxiosRequestConfig][] = [
      [{ auth: { username: 'a', password: 'p' } }, { auth: { username: 'b', password: 'p' } }],
      [{ auth: { username: 'a', password: 'p' } }, {}],
      [{ headers: { Authorization: 'a' } }, { headers: { AUTHORIZATION: 'b' } }],
      [{ headers: { Authorization: 'a' } }, { headers: { Authorization: false as never } }],
      [{ params: { user: 1 } }, { params: { user: 2 } }],
      [{ headers: { host: 'a.example' } }, { headers: { host: 'b.example' } }],
      [{ data: { user: 1 } }, { data: { user: 2 } }],
    ];
    for (const [first, second] of others) {
      const instance = make();
      server.next(answer(200, { body: 'good' }));
      await instance.get(server.url(), first);
      server.always(down);
      expect(await status(instance.get(server.url(), second))).toBe(503);
      expect(await status(instance.get(server.url(), first))).toBe(first.data ? 503 : 200);
    }
  });

  it('is judged by validateStatus as if it had come from the host', async () => {
    const instance = make();
    const known = { headers: { 'if-none-match': '"a"' } };
    server.next(answer(200, { body: 'good', headers: { etag: '"a"' } }));
    await instance.get(server.url());
    server.always(down);
    const error: AxiosError = await instance.get(server.url(), known).catch(reason => reason);
    expect([error.name, error.message, error.response?.status]).toEqual([
      'AxiosError',
      'Request failed with status code 304',
      304,
    ]);
    expect((await instance.get(server.url(), { ...known, validateStatus: null })).status).toBe(304);
    expect(await status(instance.get(server.url(), { validateStatus: each => each > 299 }))).toBe(503);
  });

  it("is none to the caller's own abort, by signal or token", async () => {
    const instance = make();
    server.next(answer(200, { body: 'good' }));
    await instance.get(server.url());
    server.always(hang);
    const own = new AbortController();
    const source = client.CancelToken.source();
    const pending = [
      instance.get(server.url(), { signal: own.signal }),
      instance.get(server.url(), { cancelToken: source.token }),
    ];
    while (server.requests.length < 3) await new Promise(resolve => setImmediate(resolve));
    own.abort();
    source.cancel();
    for (const each of pending) await expect(each).rejects.toThrow(/cancel/i);
  });
});
