import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { createFetch } from '@cutout/fetch';
import { createHttpPolicy, type HttpPolicyOptions } from '@cutout/http';
import { answer, hang, reset, ScriptedServer } from '@cutout/testing';
import axios, {
  AxiosError,
  type AxiosInstance,
  type AxiosResponse,
  CanceledError,
  isAxiosError,
  isCancel,
} from 'axios';
import axiosRetry from 'axios-retry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attachBreaker, type Detach } from './attach-breaker.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const ONE = { failures: 1 } as const;

function make(options: HttpPolicyOptions<AxiosResponse> = {}): { http: AxiosInstance; detach: Detach } {
  const http = axios.create({ baseURL: server.origin });
  return { http, detach: attachBreaker(http, { retry: { backoff: () => 1 }, ...options }) };
}

const rejection = (promise: Promise<unknown>): Promise<AxiosError> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );
const inFlight = ({ policy }: Detach): number => policy.breaker(server.origin).evictionInfo(0).inFlight;

describe('errors', () => {
  it('of a refusal are AxiosErrors with code, config and cause', async () => {
    const { http, detach } = make();
    detach.policy.breaker(server.origin).isolate();
    const error = await rejection(http.get('/x', { params: { a: 1 } }));
    expect(isAxiosError(error)).toBe(true);
    expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', config: { url: '/x', params: { a: 1 } } });
    expect(error.cause).toMatchObject({ name: 'CircuitOpenError', key: server.origin, state: 'isolated' });
    expect(server.requests).toHaveLength(0);
  });

  it("of a status are axios' own, with the caller's config, also under a time limit", async () => {
    server.always(answer(503, { body: 'sorry' }));
    const { http } = make({ attemptTimeoutMs: 5_000 });
    const seen: unknown[] = [];
    http.interceptors.request.use(config => (seen.push(config), config));
    const error = await rejection(http.get('/'));
    expect(error).toMatchObject({ code: 'ERR_BAD_RESPONSE', response: { status: 503, data: 'sorry' } });
    expect(error.config).toBe(seen[0]);
    expect(error.response?.config).toBe(seen[0]);
  });

  it('of a time limit of ours are AxiosErrors too', async () => {
    server.always(hang);
    const { http } = make({ attemptTimeoutMs: 60, retry: false });
    expect(await rejection(http.get('/'))).toMatchObject({ code: 'ETIMEDOUT', cause: { code: 'ERR_ATTEMPT_TIMEOUT' } });
  });

  it("of axios' own timeout count, and are tried again", async () => {
    server.next(hang);
    const { http } = make();
    expect((await http.get('/', { timeout: 80 })).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  it('of a cancel are CanceledErrors, by signal or token, in flight or during a wait, with or without a reason', async () => {
    const { http, detach } = make({ retry: { backoff: () => 5_000 } });
    for (const step of [hang, reset]) {
      server.always(step);
      const controller = new AbortController();
      setTimeout(() => controller.abort('enough'), 60);
      expect(isCancel(await rejection(http.get('/', { signal: controller.signal })))).toBe(true);
      const source = axios.CancelToken.source();
      setTimeout(() => source.cancel(), 60);
      expect(isCancel(await rejection(http.get('/', { cancelToken: source.token })))).toBe(true);
    }
    expect(await rejection(http.get('/', { signal: AbortSignal.abort() }))).toBeInstanceOf(CanceledError);
    expect(inFlight(detach)).toBe(0);
    expect(detach.policy.breaker(server.origin).state).toBe('closed');
  });
});

describe('requests', () => {
  it('run transformRequest once, whatever the number of attempts', async () => {
    server.next(answer(503), answer(503));
    const { http } = make();
    const transformRequest = vi.fn(data => JSON.stringify(data));
    await http.put('/', { a: 1 }, { transformRequest });
    expect(transformRequest).toHaveBeenCalledTimes(1);
    expect(server.requests.map(request => request.body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  it('with a stream as body are sent once', async () => {
    server.always(answer(503));
    const { http } = make();
    await rejection(http.put('/', Readable.from(['one ', 'two'])));
    expect(server.requests.map(request => request.body)).toEqual(['one two']);
  });

  it('go through the fetch adapter and a custom one alike', async () => {
    server.always(answer(503));
    const { http, detach } = make({ retry: false });
    for (let i = 0; i < 4; i++) await rejection(http.get('/', { adapter: 'fetch' }));
    const custom = vi.fn(async () => Promise.reject(new AxiosError('x', 'ECONNRESET')));
    await rejection(http.get('/', { adapter: custom }));
    expect(await rejection(http.get('/', { adapter: custom }))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect(custom).toHaveBeenCalledTimes(1);
    expect(detach.policy.breaker(server.origin).state).toBe('open');
  });

  it('resolve with any status where validateStatus says so, and it counts all the same', async () => {
    server.always(answer(503));
    const { http, detach } = make({ retry: false });
    for (const validateStatus of [null, () => true, null, null, null]) {
      expect((await http.get('/', { validateStatus })).status).toBe(503);
    }
    expect(detach.policy.breaker(server.origin).state).toBe('open');
  });

  it('may hand out a stream, whose connection is let go before another attempt', async () => {
    server.next(answer(503, { body: 5_000_000 }));
    server.always(answer(200, { body: 'whole' }));
    const { http } = make();
    const { data } = await http.get('/', { responseType: 'stream' });
    let text = '';
    for await (const chunk of data) text += chunk;
    expect(text).toBe('whole');
    await vi.waitFor(() => expect(server.openSockets).toBeLessThanOrEqual(1));
  });

  it('of another library that sends a config again are guarded once', async () => {
    server.always(answer(503));
    const { http } = make({ retry: false });
    http.interceptors.response.use(null, error =>
      error.config.again ? Promise.reject(error) : http({ ...error.config, again: true }),
    );
    await rejection(http.get('/'));
    expect(server.requests).toHaveLength(2);
  });
});

describe('axios-retry', () => {
  it('is taken over with one warning, whichever is attached first; with retry: false it stays in force', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    server.always(answer(503));
    for (const [retry, arrived] of [
      [{ backoff: () => 1, budget: false }, 3],
      [false, 4],
    ] as const) {
      for (const first of ['ours', 'theirs']) {
        const instance = axios.create();
        if (first === 'theirs') axiosRetry(instance, { retries: 3, retryDelay: () => 1 });
        attachBreaker(instance, { retry, breaker: { failures: 100 } });
        if (first === 'ours') axiosRetry(instance, { retries: 3, retryDelay: () => 1 });
        await instance.get(server.url()).catch(() => undefined);
        expect(server.requests.splice(0), first).toHaveLength(arrived);
      }
    }
    expect(said.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('axios-retry')]);
  });
});

describe('interceptors of others', () => {
  it('that throw, before or after ours, leave no permit behind', async () => {
    const { http, detach } = make();
    const boom = (): never => {
      throw new Error('boom');
    };
    const before = http.interceptors.request.use(boom);
    expect((await rejection(http.get('/'))).message).toBe('boom');
    http.interceptors.request.eject(before);
    http.interceptors.response.use(boom);
    expect((await rejection(http.get('/'))).message).toBe('boom');
    expect((await rejection(http.get('/', { transformRequest: boom }))).message).toBe('boom');
    expect((await rejection(http.get('/', { transformResponse: boom }))).message).toBe('boom');
    expect(inFlight(detach)).toBe(0);
    expect(detach.policy.breaker(server.origin).state).toBe('closed');
  });
});

describe('attach and detach', () => {
  it('leave the instance as it was', async () => {
    const { http, detach } = make({ breaker: ONE });
    detach.policy.breaker(server.origin).isolate();
    detach();
    const response = await http.get('/');
    expect(response.status).toBe(200);
    expect(response.config.adapter).toEqual(axios.create().defaults.adapter);
  });

  it('work on axios itself', async () => {
    const detach = attachBreaker(axios, { retry: false });
    await axios.get(server.url());
    expect(detach.policy.registry.peek(server.origin)).toBeDefined();
    detach();
  });

  it('cutout: false passes by; a bad override is refused', async () => {
    const { http, detach } = make();
    detach.policy.breaker(server.origin).isolate();
    expect((await http.get('/', { cutout: false })).status).toBe(200);
    expect((await rejection(http.get('/', { cutout: { retries: 1 } as never }))).message).toMatch(
      /^cutout.retries is not an option/,
    );
  });

  it('share circuits with fetch through one policy', async () => {
    server.always(answer(503));
    const policy = createHttpPolicy({ retry: false });
    const http = axios.create();
    attachBreaker(http, policy);
    for (let i = 0; i < 5; i++) await rejection(http.get(server.url()));
    await expect(createFetch(policy)(server.url())).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
  });

  it('fallback gets what axios would have thrown, and answers with a response', async () => {
    server.always(answer(503));
    const got: unknown[] = [];
    const cached = { status: 200, data: 'cached' } as AxiosResponse;
    const { http } = make({ retry: false, breaker: ONE, fallback: failure => (got.push(failure), cached) });
    expect((await http.get('/')).data).toBe('cached');
    expect((await http.get('/')).data).toBe('cached');
    expect(got).toMatchObject([{ code: 'ERR_BAD_RESPONSE' }, { code: 'ERR_CIRCUIT_OPEN' }]);
  });

  it('fallback that is no response says so; the adapter has its own beside a shared policy', async () => {
    server.always(answer(503));
    const policy = createHttpPolicy({ retry: false, fallback: () => new Date(0) });
    const [one, two] = [axios.create(), axios.create()];
    attachBreaker(one, policy);
    const error = await rejection(one.get(server.url()));
    expect(error).toMatchObject({
      message: 'fallback must return an AxiosResponse, got "1970-01-01T00:00:00.000Z"',
      cause: { code: 'ERR_BAD_RESPONSE' },
    });
    attachBreaker(two, policy, { fallback: () => ({ status: 200, data: 'own' }) as AxiosResponse });
    expect((await two.get(server.url())).data).toBe('own');
    expect(() => attachBreaker(two, policy, { fallbck: 1 } as never)).toThrow('did you mean fallback?');
  });

  it('fallback may hand a body on that is read as a stream', async () => {
    server.always(answer(503, { body: 'sorry' }));
    const { http } = make({
      retry: false,
      fallback: failure => ({ ...((failure as AxiosError).response as AxiosResponse), status: 200 }),
    });
    const { status, data } = await http.get('/', { responseType: 'stream' });
    expect(status).toBe(200);
    let text = '';
    for await (const chunk of data) text += chunk;
    expect(text).toBe('sorry');
  });

  it('refuse what is no axios, and bad options', () => {
    expect(() => attachBreaker({} as never)).toThrow('instance must be axios or an instance of it');
    expect(() => attachBreaker(axios.create(), { retry: true } as never)).toThrow('retry must be an object, got true');
  });
});

it('redirects are followed inside the attempt, and the first origin has answered well', async () => {
  const elsewhere = createServer((_, response) => response.writeHead(500).end()).listen(0);
  const { port } = elsewhere.address() as { port: number };
  server.always(answer(302, { headers: { location: `http://127.0.0.1:${port}/` } }));
  const { http, detach } = make({ retry: false });
  for (let i = 0; i < 5; i++) await rejection(http.get('/'));
  expect([...detach.policy.registry].map(({ key, state }) => [key, state])).toEqual([[server.origin, 'closed']]);
  elsewhere.closeAllConnections();
  elsewhere.close();
});
