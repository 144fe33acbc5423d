import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { answer, breakBody, hang, reset, ScriptedServer } from '@cutout/testing';
import { Agent, BalancedPool, Client, type Dispatcher, fetch, interceptors, MockAgent, request, stream } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerInterceptor, breakerInterceptor, type UndiciOptions } from './breaker-interceptor.ts';
import type { LegacyHandler } from './handler.ts';

let server: ScriptedServer;
let agent: Agent;
beforeEach(async () => {
  server = await ScriptedServer.start();
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
});

const ONE = { failures: 1 } as const;

function make(options: UndiciOptions = {}): { dispatcher: Dispatcher; breaker: BreakerInterceptor } {
  const breaker = breakerInterceptor({ retry: { backoff: () => 1 }, ...options });
  return { dispatcher: agent.compose(breaker as never), breaker };
}

const rejection = (promise: Promise<unknown>): Promise<Error & { code?: string }> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );
const stateOf = ({ policy }: BreakerInterceptor): string => policy.breaker(server.origin).state;
const inFlight = ({ policy }: BreakerInterceptor): number => policy.breaker(server.origin).evictionInfo(0).inFlight;

describe('refusals', () => {
  it('reach request as they are, and fetch as the cause of its own error; nothing is sent', async () => {
    const { dispatcher, breaker } = make();
    breaker.policy.breaker(server.origin).isolate();
    expect(await rejection(request(server.url(), { dispatcher }))).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    const error = await rejection(fetch(server.url(), { dispatcher }));
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ERR_CIRCUIT_OPEN', key: server.origin } });
    const body = Readable.from(['never read']);
    await rejection(request(server.url(), { dispatcher, method: 'POST', body }));
    expect([server.requests.length, body.destroyed]).toEqual([0, true]);
  });
});

describe('fetch', () => {
  it('is tried again, and follows redirects hop by hop, each for its own origin', async () => {
    await using target = await ScriptedServer.start(answer(503));
    server.always(answer(302, { headers: { location: target.url() } }));
    const { dispatcher, breaker } = make({ retry: false });
    for (let i = 0; i < 5; i++) expect((await fetch(server.url(), { dispatcher })).status).toBe(503);
    expect([stateOf(breaker), breaker.policy.breaker(target.origin).state]).toEqual(['closed', 'open']);
  });

  it('gives its permit back when it is aborted: in headers, in a wait, in the body', async () => {
    const { dispatcher, breaker } = make({ retry: { backoff: () => 5_000 } });
    for (const step of [hang, reset, breakBody('hang')]) {
      server.always(step);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60);
      const read = async (): Promise<string> =>
        (await fetch(server.url(), { dispatcher, signal: controller.signal })).text();
      expect(await rejection(read())).toMatchObject({ name: 'AbortError' });
      await vi.waitFor(() => expect(inFlight(breaker)).toBe(0));
    }
    expect(stateOf(breaker)).toBe('closed');
  });

  it('with a body is sent once: undici makes a one-shot generator of it', async () => {
    server.always(answer(503));
    const { dispatcher } = make();
    await fetch(server.url(), { dispatcher, method: 'PUT', body: 'text' });
    expect(server.requests.map(({ body }) => body)).toEqual(['text']);
  });

  it('built into Node works through the dispatcher option of its own', async () => {
    server.next(answer(503));
    server.always(answer(200, { body: 'whole' }));
    const { dispatcher } = make();
    const response = await globalThis.fetch(server.url(), { dispatcher } as RequestInit);
    expect(await response.text()).toBe('whole');
    expect(server.requests).toHaveLength(2);
  });
});

describe('responses', () => {
  it('that are held for another attempt are handed out, whole, when the circuit opens meanwhile', async () => {
    server.always(answer(503, { body: 'sorry', headers: { 'x-a': '1' } }));
    const { dispatcher, breaker } = make({ retry: { backoff: () => 50 } });
    setTimeout(() => breaker.policy.breaker(server.origin).isolate(), 25);
    const { statusCode, headers, body } = await request(server.url(), { dispatcher });
    expect([statusCode, headers['x-a'], await body.text(), server.requests.length]).toEqual([503, '1', 'sorry', 1]);
  });

  it('that hang are cut after a while, and hold up no other attempt', async () => {
    server.next(breakBody('hang', { status: 503 }));
    const { dispatcher } = make({ retry: { backoff: () => 1 } });
    expect((await request(server.url(), { dispatcher })).statusCode).toBe(200);
    await vi.waitFor(() => expect(server.busySockets).toBe(0));
  });

  it('too large to hold end with the refusal and their status', async () => {
    server.always(answer(503, { body: 5_000_000 }));
    const { dispatcher, breaker } = make({ retry: { backoff: () => 50 } });
    breaker.policy.subscribe(event => event.type === 'retry' && breaker.policy.breaker(server.origin).isolate());
    expect(await rejection(request(server.url(), { dispatcher }))).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      lastStatus: 503,
    });
  });

  it('of stream, and of a writable that fails, have their own verdicts', async () => {
    server.always(answer(200, { body: 100_000 }));
    const { dispatcher, breaker } = make({ breaker: ONE });
    let bytes = 0;
    const count = (chunk: Buffer, _encoding: string, done: () => void): void => {
      bytes += chunk.length;
      done();
    };
    const sink = (): Writable => new Writable({ write: count });
    await stream(server.url(), { dispatcher, method: 'GET' }, sink);
    expect(bytes).toBe(100_000);
    const broken = (): Writable => new Writable({ write: (_c, _e, done) => done(new Error('disk full')) });
    await rejection(stream(server.url(), { dispatcher, method: 'GET' }, broken));
    await rejection(
      stream(server.url(), { dispatcher, method: 'GET' }, () => {
        throw new Error('factory');
      }),
    );
    expect([stateOf(breaker), inFlight(breaker)]).toEqual(['closed', 0]);
  });
});

describe('upgrades', () => {
  it('and their refusals count at their answer', async () => {
    const upgrading = createServer((_, response) => response.writeHead(503).end());
    upgrading.on('upgrade', (request, socket) => {
      const ok = request.url === '/ok';
      socket.end(
        ok
          ? 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
          : 'HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n',
      );
    });
    await new Promise<void>(resolve => upgrading.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(upgrading.address() as AddressInfo).port}`;
    const { dispatcher, breaker } = make({ retry: false });
    const verdicts: string[] = [];
    breaker.policy.subscribe(
      event => void (event.type === 'outcome' && event.stage !== 'body' && verdicts.push(event.verdict)),
    );
    const { socket } = await dispatcher.upgrade({ origin, path: '/ok', protocol: 'x' } as never);
    socket.destroy();
    await rejection(dispatcher.upgrade({ origin, path: '/no', protocol: 'x' } as never));
    expect(verdicts).toEqual(['success', 'failure']);
    upgrading.closeAllConnections();
    upgrading.close();
  });
});

describe('beside the dispatchers and interceptors of others', () => {
  it('keys a Client, which leaves its origin out of the options, by that origin', async () => {
    const client = new Client(server.origin);
    // undici 8 passes the origin; for 7 it is an option.
    const breaker = breakerInterceptor({}, { origin: server.origin });
    const composed = client.compose(breaker as never);
    expect((await composed.request({ path: '/', method: 'GET' })).statusCode).toBe(200);
    expect(breaker.policy.registry.peek(server.origin)).toBeDefined();
    await client.destroy();
  });

  it('reports once, not at every call, that a BalancedPool hides its origin', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const pool = new BalancedPool([server.origin]);
    const composed = pool.compose(breakerInterceptor() as never);
    for (let i = 0; i < 2; i++) await (await composed.request({ path: '/', method: 'GET' })).body.dump();
    expect(logged.mock.calls.map(([message]) => String(message))).toEqual([
      expect.stringContaining('goes unguarded; use breakerInterceptor(options, { origin })'),
    ]);
    const breaker = breakerInterceptor({}, { origin: server.url('/a') });
    await (await pool.compose(breaker as never).request({ path: '/', method: 'GET' })).body.dump();
    expect([...breaker.policy.registry].map(({ key }) => key)).toEqual([server.origin]);
    expect(() => breakerInterceptor({}, { origin: 'nowhere' })).toThrow(
      'origin must be an absolute HTTP URL, got "nowhere"',
    );
    await pool.destroy();
  });

  it("runs inside undici's retry, and sees each of its attempts", async () => {
    server.next(answer(503));
    const breaker = breakerInterceptor({ retry: { backoff: () => 1 } });
    const seen: string[] = [];
    breaker.policy.subscribe(
      event => void (event.type === 'outcome' && event.stage !== 'body' && seen.push(event.verdict)),
    );
    const dispatcher = agent.compose(breaker as never, interceptors.retry({ minTimeout: 1 }));
    expect((await request(server.url(), { dispatcher })).statusCode).toBe(200);
    expect(seen).toEqual(['failure', 'success']);
    server.always(answer(503));
    await rejection(
      request(server.url(), {
        dispatcher: agent.compose(breaker as never, interceptors.retry({ minTimeout: 1, maxRetries: 2 })),
      }),
    );
    expect(server.requests).toHaveLength(2 + 3);
  });

  it('works over a MockAgent', async () => {
    const mock = new MockAgent();
    mock.disableNetConnect();
    mock.get('http://mocked.example').intercept({ path: '/' }).reply(503, 'sorry').times(5);
    const breaker = breakerInterceptor({ retry: false });
    const dispatcher = mock.compose(breaker as never);
    for (let i = 0; i < 5; i++) await (await request('http://mocked.example/', { dispatcher })).body.dump();
    expect(await rejection(request('http://mocked.example/', { dispatcher }))).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
    });
    await mock.close();
  });

  it('serves a handler of the generation before', async () => {
    server.next(answer(503));
    server.always(answer(200, { body: 'whole', headers: { 'x-a': '1' } }));
    const { dispatcher } = make();
    const seen = await new Promise<unknown[]>((resolve, reject) => {
      const log: unknown[] = [];
      const handler: LegacyHandler = {
        onConnect: () => undefined,
        onHeaders: (status, raw) => (log.push(status, raw.map(String).includes('x-a')), true),
        onData: chunk => (log.push(String(chunk)), true),
        onComplete: () => resolve(log),
        onError: reject,
      };
      dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler as never);
    });
    expect(seen).toEqual([200, true, 'whole']);
  });
});

it('refuses bad options when it is built', () => {
  expect(() => breakerInterceptor({ retry: 1 } as never)).toThrow('retry must be an object, got 1');
  expect(() => breakerInterceptor({ fallback: 1 } as never)).toThrow('fallback must be a function, got 1');
});

describe('a unix socket', () => {
  it('names the circuit where the dispatcher is set to dial it, and is refused where it is no text', async () => {
    const keyOf = vi.fn(() => 'one');
    const seen = breakerInterceptor({ retry: false, key: keyOf }, { socketPath: '/run/app.sock' });
    await (await request(server.url(), { dispatcher: agent.compose(seen as never) })).body.dump();
    expect(keyOf).toHaveBeenCalledWith(expect.objectContaining({ socketPath: '/run/app.sock' }));
    expect(() => breakerInterceptor({}, { socketPath: '' })).toThrow('socketPath must be a non-empty string, got ""');
  });
});
