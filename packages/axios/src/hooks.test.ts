import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, hang, redirect, ScriptedServer } from '@cutout/testing';
import axios, { type AxiosAdapter, AxiosError, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import axios17 from 'axios-1.7';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AxiosAdapterOptions, attachBreaker, type Detach } from './attach-breaker.ts';

let server: ScriptedServer;
const unhandled: unknown[] = [];
const note = (error: unknown): number => unhandled.push(error);
beforeEach(async () => {
  server = await ScriptedServer.start();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
  process.on('uncaughtExceptionMonitor', note);
});
afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve));
  process.off('unhandledRejection', note);
  process.off('uncaughtExceptionMonitor', note);
  expect(unhandled).toEqual([]);
  await server.close();
});

const boom = new Error('boom');
const thrower = (): never => {
  throw boom;
};
const rejecter = async (): Promise<never> => Promise.reject(boom);
const never = (): Promise<never> => new Promise(() => undefined);

describe.each([
  ['1.21', axios],
  ['1.7', axios17 as unknown as typeof axios],
])('behind axios %s', (_version, client) => {
  function make(
    options: AxiosAdapterOptions = {},
    own: AxiosRequestConfig = {},
  ): { http: AxiosInstance; detach: Detach } {
    const http = client.create({ baseURL: server.origin, proxy: false, ...own });
    const breaker = { failures: 1 } as const;
    return { http, detach: attachBreaker(http, { retry: false, breaker, ...options }) };
  }
  const counted = ({ policy }: Detach): unknown => policy.metricsOf(server.origin)?.answers;
  const inFlight = ({ policy }: Detach): number => policy.breaker(server.origin).evictionInfo(0).inFlight;

  describe.each(['http', 'fetch'] as const)('with the %s adapter', adapter => {
    it('a validateStatus that throws fails the call with its own error, and counts for nothing', async () => {
      const { http, detach } = make({}, { adapter });
      for (const responseType of ['json', 'stream'] as const) {
        const call = http.get('/', { validateStatus: thrower, responseType });
        await expect(call).rejects.toBe(boom);
      }
      expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 2 });
      expect(inFlight(detach)).toBe(0);
    });

    it('a validateStatus that returns a promise takes the status, as without a breaker', async () => {
      const { http, detach } = make({}, { adapter });
      for (const validateStatus of [rejecter, never]) {
        expect((await http.get('/', { validateStatus: validateStatus as never })).status).toBe(200);
      }
      expect(counted(detach)).toEqual({ success: 2, failure: 0, ignore: 0 });
    });

    it('a validateStatus is called as often as without a breaker', async () => {
      const { http } = make({}, { adapter });
      server.always(answer(503));
      const seen: number[] = [];
      const validateStatus = (status: number): boolean => seen.push(status) < 0;
      await expect(http.get('/', { validateStatus })).rejects.toMatchObject({ response: { status: 503 } });
      expect(seen).toEqual([503]);
    });

    it('a paramsSerializer that throws or returns a promise counts for nothing', async () => {
      const { http, detach } = make({}, { adapter });
      const url = server.url();
      for (const serialize of [thrower, rejecter] as never[]) {
        const config = { params: { a: 1 }, paramsSerializer: { serialize } };
        await http.get(url, config).catch(error => expect(error).toBeInstanceOf(Error));
        await http.get('/', { ...config, baseURL: `${server.origin}/v1` }).catch(() => undefined);
      }
      expect(detach.policy.breaker(server.origin).state).toBe('closed');
      expect(inFlight(detach)).toBe(0);
    });

    it.each([thrower, rejecter])('a transform that fails (%#) leaves nothing behind', async transform => {
      const { http, detach } = make({}, { adapter });
      await http.get('/', { transformRequest: transform }).catch(() => undefined);
      await http
        .get('/', { transformResponse: transform })
        .then(({ data }) => data)
        .catch(() => undefined);
      expect(detach.policy.breaker(server.origin).state).toBe('closed');
      expect(inFlight(detach)).toBe(0);
    });
  });

  it('a beforeRedirect that vetoes a hop counts for nothing', async () => {
    const { http, detach } = make();
    server.always(redirect('here'));
    for (const error of [boom, Object.assign(new Error('no'), { code: 'ECONNRESET' }), new TypeError('x')]) {
      const beforeRedirect = (): never => {
        throw error;
      };
      await expect(http.get('/', { beforeRedirect })).rejects.toMatchObject({ code: 'ERR_FR_REDIRECTION_FAILURE' });
    }
    expect(counted(detach)).toEqual({ success: 0, failure: 0, ignore: 3 });
  });

  const tooMuch: [string, AxiosRequestConfig][] = [
    ['maxContentLength', { maxContentLength: 10 }],
    ['maxContentLength with fetch', { maxContentLength: 10, adapter: 'fetch' }],
    ['maxBodyLength', { maxBodyLength: 10, method: 'post', data: 'x'.repeat(100) }],
    ['maxRedirects', { maxRedirects: 1, url: '/redirects' }],
  ];
  it.each(tooMuch)('%s is a limit of its own, and counts for nothing', async (_name, config) => {
    const { http, detach } = make();
    server.always(({ path }) => (path.includes('redirect') ? redirect('here') : answer(200, { body: 1_000 })));
    await http.request({ url: '/', ...config }).catch(error => expect(error).toBeInstanceOf(Error));
    expect(counted(detach)).toMatchObject({ failure: 0 });
    expect(detach.policy.breaker(server.origin).state).toBe('closed');
  });

  it.each([
    ['throws', thrower],
    ['rejects', rejecter],
  ])('an interceptor that %s, before or after ours, leaves nothing behind', async (_name, hook) => {
    const { http, detach } = make({ attemptTimeoutMs: 60_000, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) });
    const first = http.interceptors.request.use(hook);
    await expect(http.get('/')).rejects.toBe(boom);
    http.interceptors.request.eject(first);
    http.interceptors.response.use(hook);
    await expect(http.get('/')).rejects.toBe(boom);
    expect(counted(detach)).toEqual({ success: 1, failure: 0, ignore: 0 });
    expect(inFlight(detach)).toBe(0);
  });

  it('an interceptor that gives nothing fails as without a breaker', async () => {
    const bare = client.create();
    const { http } = make();
    for (const each of [bare, http]) each.interceptors.request.use(() => undefined as never);
    const [expected, seen] = await Promise.all([bare, http].map(each => each.get('/').catch(error => error)));
    expect([seen.name, seen.message]).toEqual([expected.name, expected.message]);
  });

  it.each([{ attemptTimeoutMs: 30 }, { totalTimeoutMs: 30 }])(
    'an adapter that never settles ends by %j',
    async limit => {
      const { http, detach } = make(
        { ...limit, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 0 }) },
        { adapter: never },
      );
      await expect(http.get('/')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect(inFlight(detach)).toBe(0);
      expect(detach.policy.metricsOf(server.origin)?.bulkhead?.inFlight).toBe(0);
    },
  );

  it('a server that switches protocols ends by the limit', async () => {
    server.always(hang);
    const { http, detach } = make({ attemptTimeoutMs: 60 });
    await expect(http.get('/')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(inFlight(detach)).toBe(0);
  });

  describe('an adapter of another make', () => {
    const settle = async (http: AxiosInstance): Promise<unknown> =>
      http.get('/').then(
        response => ['resolves', response?.status, response?.data],
        error => ['rejects', error?.name ?? error, error?.message],
      );
    const response = (rest: object): object => ({ status: 200, data: 'x', headers: {}, statusText: '', ...rest });
    const shapes: [string, AxiosAdapter][] = [
      ['nothing', async () => undefined as never],
      ['null', async () => null as never],
      ['a text', async () => 'x' as never],
      ['no headers', async config => response({ headers: undefined, config }) as never],
      ['null headers', async config => response({ headers: null, config }) as never],
      ['headers of fetch', async config => response({ headers: new Headers({ a: '1' }), config }) as never],
      ['no config', async () => response({}) as never],
      ['no data', async config => response({ data: undefined, config }) as never],
      ['no request', async config => response({ request: null, config }) as never],
      ['no status', async config => response({ status: undefined, config }) as never],
      ['a status in text', async config => response({ status: '200', config }) as never],
      ['an array', async () => [200, 'x'] as never],
      ['a thrown error', thrower],
      ['a rejection', rejecter],
      ['a rejection of nothing', () => Promise.reject(undefined)],
      ['a rejection of a text', () => Promise.reject('no')],
      ['a frozen error', () => Promise.reject(Object.freeze(new Error('cold')))],
      ['an error with an empty response', () => Promise.reject(Object.assign(new Error('a'), { response: {} }))],
      ['an error with no response', () => Promise.reject(Object.assign(new Error('a'), { response: null }))],
      [
        'an error of a status without headers',
        config =>
          Promise.reject(new AxiosError('b', 'C', config, {}, response({ status: 503, headers: undefined }) as never)),
      ],
    ];
    it.each(shapes)('(%s) works as without a breaker', async (_name, adapter) => {
      const bare = client.create({ adapter });
      for (const options of [
        {},
        { attemptTimeoutMs: 60_000, stale: staleIfError(), bulkhead: bulkhead({ maxConcurrent: 1 }) },
      ]) {
        const { http, detach } = make(options, { adapter });
        expect(await settle(http)).toEqual(await settle(bare));
        expect(inFlight(detach)).toBe(0);
      }
    });

    it('keeps the config that it answers with', async () => {
      const own = { own: true };
      const { http } = make({ attemptTimeoutMs: 60_000 }, { adapter: async () => response({ config: own }) as never });
      expect((await http.get('/')).config).toBe(own);
    });

    it('is tried again after an answer without headers', async () => {
      const statuses = [503, 200];
      const adapter: AxiosAdapter = async config =>
        response({ status: statuses.shift(), headers: undefined, config }) as never;
      const { http } = make({ retry: { backoff: () => 1 }, breaker: {} }, { adapter });
      expect((await http.get('/', { validateStatus: null })).status).toBe(200);
    });
  });
});
