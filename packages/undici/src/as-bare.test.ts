/** A guarded dispatcher beside a bare one: what undici accepts, refuses, returns and passes on, it does under the breaker. */

import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { bulkhead } from '@cutout/http';
import { answer, hang, reset, ScriptedServer } from '@cutout/testing';
import * as undici from 'undici';
import { Agent, Client, Pool, request, stream } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerInterceptor, breakerInterceptor, type UndiciOptions } from './breaker-interceptor.ts';
import type { Controller, Handler } from './handler.ts';

let server: ScriptedServer;
let agent: Agent;
let rejected: unknown[];
const note = (error: unknown): number => rejected.push(error);

beforeEach(async () => {
  server = await ScriptedServer.start(answer(200, { body: 'hello' }));
  agent = new Agent();
  rejected = [];
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
  process.off('unhandledRejection', note);
  expect(rejected).toEqual([]);
});

/** undici 7 checks no handler and hides some of its methods. */
const isPresent = 'Dispatcher1Wrapper' in undici;

const retry = { backoff: () => 1 };
const failures = ({ policy }: BreakerInterceptor): unknown => policy.metricsOf(server.origin)?.answers;
const inFlight = ({ policy }: BreakerInterceptor): number => policy.breaker(server.origin).evictionInfo(0).inFlight;
const over = (options: UndiciOptions = {}) => {
  const breaker = breakerInterceptor({ retry, ...options });
  return { breaker, dispatcher: agent.compose(breaker as never) };
};
const endOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    value => value,
    error => error.code ?? error.name,
  );

describe('a mistake of the caller', () => {
  type Send = (pool: Pool) => Promise<unknown>;
  const collecting = (done: (value: unknown) => void, fail: (error: Error) => void): Handler => ({
    onResponseStart: (_, status) => done(status),
    onResponseData: () => undefined,
    onResponseEnd: () => undefined,
    onResponseError: (_, error) => fail(error),
  });
  const dispatch = (pool: Pool, handler: object, options: unknown = { path: '/', method: 'GET' }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      pool.dispatch(options as never, { ...collecting(resolve, reject), ...handler } as never);
    });
  const start = { onRequestStart: () => undefined };
  const mistakes: Record<string, Send> = {
    'another dispatcher': pool => pool.request({ path: '/', method: 'GET', dispatcher: agent } as never),
    'a path that is no text': pool => pool.request({ path: 1, method: 'GET' } as never),
    'a method that is no text': pool => pool.request({ path: '/', method: 3 } as never),
    'headers that are none': pool => pool.request({ path: '/', method: 'GET', headers: 3 } as never),
    'no options': pool => dispatch(pool, start, null),
    'no handler': async pool => pool.dispatch({ path: '/', method: 'GET' }, undefined as never),
  };

  const ofHandlers: Record<string, Send> = {
    'a handler without methods': async pool => pool.dispatch({ path: '/', method: 'GET' }, {} as never),
    'a handler without its start method': pool => dispatch(pool, {}),
    'a handler that takes no answer': pool => dispatch(pool, { ...start, onResponseStart: undefined }),
  };

  it.each(Object.entries(isPresent ? { ...mistakes, ...ofHandlers } : mistakes))(
    '%s ends as with a bare dispatcher',
    async (_, send) => {
      const ends: unknown[] = [];
      for (const interceptors of [[(each: unknown) => each], [breakerInterceptor({ retry: false })]]) {
        const pool = new Pool(server.origin);
        const composed = interceptors[0] instanceof Function ? pool.compose(interceptors as never) : pool;
        const within = new Promise(resolve => setTimeout(resolve, 1_000, 'hangs'));
        const answered = async (): Promise<unknown> => {
          const value = await send(composed as Pool);
          return typeof value === 'object' ? 'answered' : value;
        };
        ends.push(await Promise.race([endOf(answered()), within]));
        await pool.destroy();
      }
      expect(ends[1]).toEqual(ends[0]);
      expect(ends[1]).not.toBe('hangs');
    },
  );
});

it('dispatch returns what the dispatcher returned', async () => {
  server.always(hang);
  const client = new Client(server.origin, { pipelining: 1 });
  const guarded = client.compose(breakerInterceptor({ retry: false }) as never);
  const handler: Handler = {
    onRequestStart: () => undefined,
    onResponseStart: () => undefined,
    onResponseData: () => undefined,
    onResponseEnd: () => undefined,
    onResponseError: () => undefined,
  };
  const send = (): boolean => guarded.dispatch({ path: '/', method: 'GET', origin: server.origin }, handler as never);
  expect([send(), send()]).toContain(false);
  await client.destroy();
});

it('a pool of guarded clients uses all its sockets', async () => {
  server.always(hang);
  const pool = new Pool(server.origin, {
    connections: 5,
    factory: (origin, options) =>
      new Client(origin, options as never).compose(breakerInterceptor({ retry: false }) as never) as never,
  });
  const sent = Array.from({ length: 10 }, () => endOf(pool.request({ path: '/', method: 'GET' })));
  await vi.waitFor(() => expect(server.requests.length).toBe(5));
  await pool.destroy();
  await Promise.all(sent);
});

describe('signals', () => {
  /** Of `abort-controller` and the like: no instance of the platform's. */
  const foreign = () => {
    const target = new EventTarget();
    const signal = {
      aborted: false,
      reason: undefined as unknown,
      addEventListener: target.addEventListener.bind(target),
      removeEventListener: target.removeEventListener.bind(target),
    };
    const abort = (): void => {
      signal.aborted = true;
      target.dispatchEvent(new Event('abort'));
    };
    return { signal, abort };
  };
  const emitter = () => {
    const signal = new EventEmitter();
    return { signal, abort: () => signal.emit('abort') };
  };
  const kinds = { foreign, emitter };

  it.each(Object.entries(kinds))(
    '%s: ends a request that waits for its answer, and leaves no permit',
    async (_, make) => {
      server.always(hang);
      const { signal, abort } = make();
      const { breaker, dispatcher } = over({ attemptTimeoutMs: 5_000, totalTimeoutMs: 10_000 });
      const end = endOf(request(server.url(), { dispatcher, signal: signal as never }));
      await vi.waitFor(() => expect(server.requests.length).toBe(1));
      abort();
      expect(await end).toMatch(/^(AbortError|UND_ERR_ABORTED|20)$/);
      expect([failures(breaker), inFlight(breaker)]).toEqual([{ success: 0, failure: 0, ignore: 1 }, 0]);
    },
  );

  it.each(Object.entries(kinds))('%s: ends a wait between two attempts', async (_, make) => {
    server.always(reset);
    const { signal, abort } = make();
    const { breaker, dispatcher } = over({ retry: { backoff: () => 60_000 } });
    const end = endOf(request(server.url(), { dispatcher, signal: signal as never }));
    await vi.waitFor(() => expect(failures(breaker)).toMatchObject({ failure: 1 }));
    abort();
    expect(await end).toMatch(/^(AbortError|UND_ERR_ABORTED|20)$/);
    expect(inFlight(breaker)).toBe(0);
  });
});

describe('a handler that throws', () => {
  const PLAIN = ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd', 'onBodySent', 'onRequestSent'];

  const names = isPresent ? PLAIN : PLAIN.filter(name => !/Sent$/.test(name));

  it.each([...names, 'onResponseStarted'])(
    'in %s ends its call, receives the error once, and is no evidence about the host',
    async name => {
      const { breaker, dispatcher } = over();
      const errors: unknown[] = [];
      const thrown = new Error('of the application');
      await new Promise<void>(resolve => {
        const handler: Record<string, (...all: never[]) => void> = {};
        for (const each of [...PLAIN, 'onResponseStarted']) handler[each] = () => undefined;
        handler['onResponseError'] = (_: Controller, error: Error) => {
          errors.push(error);
          resolve();
        };
        handler[name] = () => {
          throw thrown;
        };
        const options = { origin: server.origin, path: '/', method: 'PUT', body: 'text' };
        dispatcher.dispatch(options as never, handler as never);
      });
      expect(errors).toEqual([thrown]);
      expect(server.requests.length).toBeLessThanOrEqual(1);
      expect([failures(breaker), inFlight(breaker)]).toEqual([expect.objectContaining({ failure: 0 }), 0]);
    },
  );

  it('in onResponseError is reported, and does not end the process', async () => {
    server.always(reset);
    const { breaker, dispatcher } = over();
    const report = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const nothing = (): undefined => undefined;
    const handler = {
      onRequestStart: nothing,
      onResponseStart: nothing,
      onResponseData: nothing,
      onResponseEnd: nothing,
      onResponseError: () => {
        throw new Error('of the application');
      },
    };
    dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler as never);
    await vi.waitFor(() => expect(report).toHaveBeenCalledOnce());
    expect(inFlight(breaker)).toBe(0);
  });
});

describe('hooks of the application', () => {
  it.each<[string, UndiciOptions, string]>([
    ['a fallback that rejects', { fallback: () => Promise.reject(new TypeError('none')) }, 'TypeError'],
    [
      'a classify that throws',
      {
        classify: () => {
          throw new RangeError('none');
        },
      },
      'RangeError',
    ],
    ['a classify that rejects', { classify: (() => Promise.reject(new Error('late'))) as never }, 'TypeError'],
  ])('%s: ends the call with its error, leaves no permit and no rejection', async (_, options, name) => {
    server.always(answer(503));
    const { breaker, dispatcher } = over({ retry: false, ...options });
    expect(await endOf(request(server.url(), { dispatcher }))).toBe(name);
    await new Promise(resolve => setImmediate(resolve));
    expect(inFlight(breaker)).toBe(0);
  });
});

describe('the limits end the call', () => {
  it('where the server switches protocols though it was not to', async () => {
    const own = createServer();
    own.on('connection', socket => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      );
    });
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const { breaker, dispatcher } = over({
      retry: false,
      attemptTimeoutMs: 1_000,
      bulkhead: bulkhead({ maxConcurrent: 1 }),
    });
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    expect(await endOf(request(url, { dispatcher }))).toMatch(/UND_ERR_SOCKET|ERR_ATTEMPT_TIMEOUT/);
    expect(breaker.policy.breaker(url).evictionInfo(0).inFlight).toBe(0);
    own.close();
    own.closeAllConnections();
  });

  it('where an abort of its controller is kept by an interceptor below', async () => {
    const keeping =
      (dispatch: (options: unknown, handler: Handler) => boolean) => (options: unknown, handler: Handler) => {
        const wrapped: Handler = {
          onRequestStart: (controller, context) => {
            (controller as { abort: unknown }).abort = () => undefined;
            handler.onRequestStart?.(controller, context);
          },
          onResponseStart: (...all) => handler.onResponseStart?.(...all),
          onResponseData: (...all) => handler.onResponseData?.(...all),
          onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
          onResponseError: (...all) => handler.onResponseError?.(...all),
        };
        return dispatch(options, wrapped);
      };
    const own = createTcpServer(socket => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write('HTTP/1.1 503 x\r\ncontent-length: 1000\r\n\r\nx'));
    });
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const breaker = breakerInterceptor({ totalTimeoutMs: 300, retry });
    const dispatcher = agent.compose([keeping, breaker] as never);
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    expect(await endOf(request(url, { dispatcher }))).toBe('ERR_TOTAL_TIMEOUT');
    await agent.destroy();
    own.close();
  });

  it('with one attempt, where discarding its answer takes the time that is left', async () => {
    const seen: string[] = [];
    const own = createServer((_, response) => {
      seen.push('request');
      response.writeHead(503, { 'content-length': 10_000 }).write('x');
    });
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const { breaker, dispatcher } = over({ totalTimeoutMs: 200 });
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    expect(await endOf(request(url, { dispatcher }))).toBe('ERR_TOTAL_TIMEOUT');
    expect(seen.length).toBe(1);
    expect(breaker.policy.metricsOf(url)?.answers).toEqual({ success: 0, failure: 1, ignore: 0 });
    expect(breaker.policy.metricsOf(url)?.budgetLeft).toBe(10);
    own.close();
    own.closeAllConnections();
  });
});

describe('bodies', () => {
  const broken = {
    'a stream': () => {
      let parts = 0;
      return new Readable({
        read() {
          if (parts++) this.destroy(Object.assign(new Error('read'), { code: 'EIO' }));
          else this.push('part');
        },
      });
    },
    'a stream that fails as a connection does': () => {
      let parts = 0;
      return new Readable({
        read() {
          if (parts++) this.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
          else this.push('part');
        },
      });
    },
    'an async generator': () =>
      (async function* () {
        yield 'part';
        throw new Error('no more');
      })(),
  };

  it.each(Object.entries(broken))(
    '%s whose source fails is no evidence about the host, and is sent once',
    async (_, make) => {
      const { breaker, dispatcher } = over();
      await endOf(request(server.url(), { dispatcher, method: 'PUT', body: make() as never }));
      expect([failures(breaker), inFlight(breaker)]).toEqual([{ success: 0, failure: 0, ignore: 1 }, 0]);
    },
  );

  it('that fail in the queue of the bulkhead end their call, not the process', async () => {
    server.always(hang);
    const { breaker, dispatcher } = over({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }), retry: false });
    const first = endOf(request(server.url(), { dispatcher }));
    await vi.waitFor(() => expect(server.requests.length).toBe(1));
    const body = new Readable({ read: () => undefined });
    const second = endOf(request(server.url(), { dispatcher, method: 'PUT', body }));
    body.destroy(new Error('unreadable'));
    await new Promise(resolve => setImmediate(resolve));
    await agent.destroy();
    await Promise.all([first, second]);
    expect(inFlight(breaker)).toBe(0);
  });

  it('that a host resets is a failure of the host, whatever becomes of the source then', async () => {
    server.always(reset);
    const { breaker, dispatcher } = over();
    await endOf(request(server.url(), { dispatcher, method: 'PUT', body: Readable.from(['part']) }));
    expect(failures(breaker)).toMatchObject({ failure: 1 });
  });

  it('that their reader abandons are no evidence about the host', async () => {
    const own = createServer((_, response) => void response.writeHead(200).write('part'));
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    const { breaker, dispatcher } = over({ breaker: { failures: 1 } });
    const open = async () => (await request(url, { dispatcher })).body;
    (await open()).on('error', () => undefined).destroy();
    (await open()).on('error', () => undefined).destroy(new Error('enough'));
    for await (const _ of await open()) break;
    const sink = new PassThrough();
    const streamed = endOf(stream(url, { dispatcher, method: 'GET' }, () => sink));
    await once(sink, 'data');
    sink.destroy();
    await streamed;
    expect(breaker.policy.breaker(url).state).toBe('closed');
    own.close();
    own.closeAllConnections();
  });

  it("that stall until the caller's deadline are failures of the host", async () => {
    const own = createServer((_, response) => void response.writeHead(200).write('part'));
    await once(own.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
    const { breaker, dispatcher } = over({ breaker: { failures: 1 } });
    const { body } = await request(url, { dispatcher, signal: AbortSignal.timeout(100) });
    await endOf(body.text());
    expect(breaker.policy.breaker(url).state).toBe('open');
    own.close();
    own.closeAllConnections();
  });
});

it('an answer that a handler gets after all has its raw headers and trailers', async () => {
  server.always(answer(503, { headers: { 'x-a': '1' } }));
  const { dispatcher } = over({
    breaker: { failures: 2 },
    retry: { backoff: () => 1, maxRetries: 5 },
  });
  const { statusCode, headers } = await request(server.url(), { dispatcher, responseHeaders: 'raw' });
  expect(statusCode).toBe(503);
  expect(JSON.stringify(headers)).toContain('x-a');
});
