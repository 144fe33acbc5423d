import { Readable, Writable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import { createHttpPolicy } from '@cutout/http';
import { answer, drip, hang, reset, ScriptedServer } from '@cutout/testing';
import * as undici8 from 'undici';
import * as undici7 from 'undici-7';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerInterceptor, breakerInterceptor, type UndiciOptions } from './breaker-interceptor.ts';
import { installGlobalDispatcher } from './install-global-dispatcher.ts';

let server: ScriptedServer;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
});

type Failed = Error & { readonly code?: string };
const rejection = (promise: Promise<unknown>): Promise<Failed> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );

describe.each([
  ['8', undici8],
  ['7', undici7 as unknown as typeof undici8],
])("behind undici %s a fallback's answer", (_version, undici) => {
  interface Made {
    readonly dispatcher: undici8.Dispatcher;
    readonly breaker: BreakerInterceptor;
    readonly told: string[];
  }

  function make(options: UndiciOptions): Made {
    const breaker = breakerInterceptor({ retry: { backoff: () => 1 }, ...options });
    const agent = new undici.Agent();
    closing.push(() => agent.destroy());
    const told: string[] = [];
    breaker.policy.subscribe(({ type }) => void (type !== 'outcome' && told.push(type)));
    return { dispatcher: agent.compose(breaker as never), breaker, told };
  }

  function isolated(options: UndiciOptions): Made {
    const made = make(options);
    made.breaker.policy.breaker(server.origin).isolate();
    return made;
  }

  const inFlight = ({ breaker }: Made): number => breaker.policy.breaker(server.origin).evictionInfo(0).inFlight;

  it('stands for a refusal under request, fetch, stream and pipeline', async () => {
    const { dispatcher, told } = isolated({
      fallback: () => ({ status: 203, headers: { 'X-A': ['1', '2'] }, body: ['in', Buffer.from('stead')] }),
    });
    const response = await undici.request(server.url(), { dispatcher });
    expect([response.statusCode, response.headers['x-a']]).toEqual([203, ['1', '2']]);
    expect(await response.body.text()).toBe('instead');
    const fetched = await undici.fetch(server.url(), { dispatcher, method: 'POST', body: 'x' });
    expect([fetched.status, fetched.headers.get('x-a'), await fetched.text()]).toEqual([203, '1, 2', 'instead']);
    const chunks: Buffer[] = [];
    const into = new Writable({
      write: (chunk, _encoding, done) => (chunks.push(chunk), done()),
    });
    await undici.stream(server.url(), { dispatcher, method: 'GET' }, () => into);
    expect(Buffer.concat(chunks).toString()).toBe('instead');
    const piped = undici.pipeline(server.url(), { dispatcher, method: 'POST' }, ({ body }) => body);
    const read: Buffer[] = [];
    await flow(Readable.from([Buffer.alloc(100_000)]), piped, async body => {
      for await (const chunk of body) read.push(chunk as Buffer);
    });
    expect(Buffer.concat(read).toString()).toBe('instead');
    expect(server.requests).toHaveLength(0);
    expect(told.filter(type => type === 'fallback')).toHaveLength(4);
  });

  it('to a refused upload lets go of the body that is not sent', async () => {
    const { dispatcher } = isolated({ fallback: () => ({ status: 200 }) });
    const body = new Readable({ read: () => undefined });
    const closed = new Promise(resolve => body.once('close', resolve));
    expect((await undici.request(server.url(), { dispatcher, method: 'PUT', body })).statusCode).toBe(200);
    await closed;
    let ended = false;
    async function* pieces(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(1);
      } finally {
        ended = true;
      }
    }
    const sent = pieces();
    await sent.next();
    await undici.request(server.url(), { dispatcher, method: 'PUT', body: sent as never });
    expect(ended).toBe(true);
  });

  it('stands for a status after the last attempt, whose body is let go', async () => {
    const seen: unknown[] = [];
    const made = make({
      retry: false,
      failureStatus: [200, 503],
      fallback: (failure, { refused }) => (seen.push(failure, refused), { status: 200, body: 'instead' }),
    });
    server.next(answer(503, { body: 'sorry' }));
    server.always(drip(1_000, 20));
    const { statusCode, body } = await undici.request(server.url(), { dispatcher: made.dispatcher });
    expect([statusCode, await body.text()]).toEqual([200, 'instead']);
    expect(seen).toMatchObject([{ status: 503, headers: { connection: 'keep-alive' } }, false]);
    expect(await (await undici.fetch(server.url(), { dispatcher: made.dispatcher })).text()).toBe('instead');
    await vi.waitFor(() => expect(server.busySockets).toBe(0));
    expect([inFlight(made), made.told]).toEqual([0, ['fallback', 'fallback']]);
  });

  it('stands for an error and a time limit', async () => {
    server.next(reset, hang);
    const made = make({
      retry: false,
      attemptTimeoutMs: 100,
      fallback: failure => ({ status: 200, body: (failure as Error).name }),
    });
    for (const name of [/Error/, /TimeoutError/])
      expect(await (await undici.request(server.url(), { dispatcher: made.dispatcher })).body.text()).toMatch(name);
    expect(inFlight(made)).toBe(0);
  });

  it('stands for the last outcome where the circuit opens before another attempt', async () => {
    server.always(answer(503));
    const made = make({
      breaker: { failures: 1 },
      fallback: (failure, { refused }) => ({
        status: 200,
        body: `${(failure as { status: number }).status} ${refused}`,
      }),
    });
    const { body } = await undici.request(server.url(), { dispatcher: made.dispatcher });
    expect(await body.text()).toBe('503 false');
  });

  it('that is none says so, and what it throws keeps the failure', async () => {
    const given: unknown[] = [undefined, { status: 99 }, { status: 200, body: 5 }, { status: 200, headers: 5 }];
    const { dispatcher } = isolated({ fallback: () => given.shift() as never });
    for (const message of [
      'must return { status',
      'from 200 to 599, got 99',
      'the body of a fallback',
      'the headers',
    ]) {
      const error = await rejection(undici.request(server.url(), { dispatcher }));
      expect(error.message).toContain(message);
      expect(error.cause).toMatchObject({ name: 'CircuitOpenError' });
    }
    server.always(answer(503));
    const thrown = new Error('nothing cached');
    const failing = make({ retry: false, fallback: () => Promise.reject(thrown) });
    expect(await rejection(undici.request(server.url(), { dispatcher: failing.dispatcher }))).toBe(thrown);
    expect(thrown.cause).toMatchObject({ status: 503 });
    const bare = make({ retry: false, fallback: () => Promise.reject(undefined) });
    expect(await rejection(undici.request(server.url(), { dispatcher: bare.dispatcher }))).toMatchObject({
      code: 'ERR_FALLBACK_FAILED',
      thrown: undefined,
      cause: { status: 503 },
    });
  });

  it('whose body breaks, breaks the body', async () => {
    async function* body(): AsyncGenerator<string> {
      yield 'half';
      throw new Error('on purpose');
    }
    const { dispatcher } = isolated({ fallback: () => ({ status: 200, body: body() }) });
    const response = await undici.request(server.url(), { dispatcher });
    expect((await rejection(response.body.text())).message).toBe('on purpose');
  });

  it('is read no faster than its reader, and let go with it', async () => {
    let given = 0;
    let release = (): void => undefined;
    const ended = new Promise<void>(resolve => {
      release = resolve;
    });
    function* endless(): Generator<Buffer> {
      try {
        for (;;) {
          given += 1;
          yield Buffer.alloc(65_536);
        }
      } finally {
        release();
      }
    }
    const { dispatcher } = isolated({ fallback: () => ({ status: 200, body: endless() }) });
    const { body } = await undici.request(server.url(), { dispatcher });
    await new Promise(resolve => body.once('readable', resolve));
    expect(given).toBeLessThan(10);
    body.on('error', () => undefined).destroy();
    await ended;
  });

  it('is not made for a good answer, a 404, an abort or a tunnel', async () => {
    const seen: unknown[] = [];
    const made = make({ retry: false, fallback: failure => (seen.push(failure), { status: 200 }) });
    const { dispatcher } = made;
    server.next(answer(200), answer(404), hang);
    expect((await undici.request(server.url(), { dispatcher })).statusCode).toBe(200);
    expect((await undici.request(server.url(), { dispatcher })).statusCode).toBe(404);
    for (const abort of [undici.request, undici.fetch] as (typeof undici.request)[]) {
      const before = server.requests.length;
      server.next(hang);
      const controller = new AbortController();
      const aborted = rejection(abort(server.url(), { dispatcher, signal: controller.signal }));
      await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(before));
      controller.abort();
      expect((await aborted).name).toBe('AbortError');
    }
    made.breaker.policy.breaker(server.origin).isolate();
    expect((await rejection(undici.connect(server.origin, { dispatcher }))).code).toBe('ERR_CIRCUIT_OPEN');
    expect((await rejection(undici.upgrade(server.url(), { dispatcher, protocol: 'x' }))).code).toBe(
      'ERR_CIRCUIT_OPEN',
    );
    expect(seen).toEqual([]);
  });

  it('that hangs is left at an abort', async () => {
    const { dispatcher } = isolated({ fallback: () => new Promise<never>(() => undefined) });
    for (const send of [undici.request, undici.fetch] as (typeof undici.request)[]) {
      const controller = new AbortController();
      const aborted = rejection(send(server.url(), { dispatcher, signal: controller.signal }));
      await new Promise(resolve => setImmediate(resolve));
      controller.abort();
      expect((await aborted).name).toBe('AbortError');
    }
  });

  it("of the adapter stands before a shared policy's, and a call's before both", async () => {
    const fallbackTo = (body: string) => () => ({ status: 200, body });
    const policy = createHttpPolicy({ fallback: fallbackTo('policy') });
    policy.breaker(server.origin).isolate();
    const through = async (breaker: BreakerInterceptor, cutout?: unknown): Promise<string> => {
      const agent = new undici.Agent();
      closing.push(() => agent.destroy());
      const dispatcher = agent.compose(breaker as never);
      return (await undici.request(server.url(), { dispatcher, cutout } as never)).body.text();
    };
    const own = breakerInterceptor(policy, { fallback: fallbackTo('adapter') });
    expect(await through(breakerInterceptor(policy))).toBe('policy');
    expect(await through(own)).toBe('adapter');
    expect(await through(own, { fallback: fallbackTo('call') })).toBe('call');
    expect((await rejection(through(own, { fallback: false }))).code).toBe('ERR_CIRCUIT_OPEN');
  });

  it('is given once where a fallback calls its own host again', async () => {
    let times = 0;
    const { dispatcher } = isolated({
      fallback: async () => {
        times += 1;
        return { status: 200, body: await (await undici.request(server.url('/again'), { dispatcher })).body.text() };
      },
    });
    expect((await rejection(undici.request(server.url(), { dispatcher }))).code).toBe('ERR_CIRCUIT_OPEN');
    expect(times).toBe(1);
  });
});

it("under Node's own fetch a fallback answers too", async () => {
  const uninstall = installGlobalDispatcher({
    fallback: () => ({ status: 203, headers: { 'x-a': '1' }, body: 'instead' }),
  });
  closing.push(uninstall);
  uninstall.policy.breaker(server.origin).isolate();
  const response = await globalThis.fetch(server.url());
  expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([203, '1', 'instead']);
  expect(server.requests).toHaveLength(0);
});
