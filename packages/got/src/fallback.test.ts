import type { Readable } from 'node:stream';
import { Readable as Source } from 'node:stream';
import { createHttpPolicy } from '@cutout/http';
import { answer, hang, reset, ScriptedServer } from '@cutout/testing';
import got16, { type HTTPError, type RequestError } from 'got';
import got15 from 'got-15';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const rejection = (promise: PromiseLike<unknown>): Promise<RequestError> =>
  Promise.resolve(promise).then(
    () => expect.unreachable(),
    error => error,
  );

async function read(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

const AT_ONCE = { backoff: () => 1 };

describe.each([
  ['16', got16],
  ['15', got15 as unknown as typeof got16],
])("behind got %s a fallback's answer", (_version, got) => {
  function make(options: GotOptions): { client: typeof got16; hooks: BreakerHooks; eventTypes: string[] } {
    const hooks = breakerHooks({ retry: AT_ONCE, ...options });
    const eventTypes: string[] = [];
    hooks.policy.subscribe(({ type }) => void (type !== 'outcome' && eventTypes.push(type)));
    return { client: got.extend({ retry: { limit: 0 } }, hooks), hooks, eventTypes };
  }

  const isolated = (options: GotOptions): ReturnType<typeof make> => {
    const made = make(options);
    made.hooks.policy.breaker(server.origin).isolate();
    return made;
  };

  it('stands for a refusal in every form that got has for a body', async () => {
    const { client, eventTypes } = isolated({ fallback: () => ({ items: [1] }) });
    expect(await client(server.url()).json()).toEqual({ items: [1] });
    expect(await client(server.url()).text()).toBe('{"items":[1]}');
    expect(Buffer.from(await client(server.url()).buffer()).toString()).toBe('{"items":[1]}');
    expect(await client(server.url(), { responseType: 'json', resolveBodyOnly: true })).toEqual({ items: [1] });
    expect((await client(server.url(), { cache: new Map() })).body).toBe('{"items":[1]}');
    const { statusCode, headers } = await client.post(server.url(), { json: { a: 1 } });
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/json']);
    expect(server.requests).toHaveLength(0);
    expect(eventTypes.filter(type => type === 'fallback')).toHaveLength(6);
  });

  it('is a text, bytes, JSON, or a response', async () => {
    const answers: unknown[] = [
      'text',
      Buffer.from('bytes'),
      5,
      { statusCode: 201, headers: { 'X-A': '1' }, body: 'b' },
    ];
    const { client } = isolated({ fallback: () => answers.shift() as string });
    expect(await client(server.url()).text()).toBe('text');
    expect(await client(server.url()).text()).toBe('bytes');
    expect(await client(server.url()).json()).toBe(5);
    const response = await client(server.url());
    expect([response.statusCode, response.headers['x-a'], response.body]).toEqual([201, '1', 'b']);
  });

  it('stands for a status, whether or not got throws on it, after the last of our attempts', async () => {
    server.always(answer(503, { body: 'sorry' }));
    const seen: unknown[] = [];
    const { client, hooks, eventTypes } = make({
      retry: { ...AT_ONCE, maxRetries: 1 },
      fallback: (failure, { refused }) => {
        seen.push(refused, (failure as HTTPError).response?.statusCode);
        return 'instead';
      },
    });
    expect(await client(server.url()).text()).toBe('instead');
    expect(await client(server.url(), { throwHttpErrors: false }).text()).toBe('instead');
    expect(seen).toEqual([false, 503, false, 503]);
    expect(server.requests).toHaveLength(4);
    expect(eventTypes).toEqual(['retry', 'retry-refused', 'fallback', 'retry', 'retry-refused', 'fallback']);
    expect(hooks.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  it("stands for a status after the last of got's own attempts", async () => {
    server.always(answer(503));
    const hooks = breakerHooks({ retry: false, fallback: () => 'instead' });
    const client = got.extend(hooks, { retry: { limit: 1, backoffLimit: 1, noise: 0 } });
    expect(await client(server.url()).text()).toBe('instead');
    expect(server.requests).toHaveLength(2);
    expect(await client.post(server.url()).text()).toBe('instead');
    expect(server.requests).toHaveLength(3);
  });

  it('stands for an error and a time limit, also after a body that can be read once', async () => {
    server.next(reset);
    server.always(hang);
    const { client } = make({ retry: false, attemptTimeoutMs: 100, fallback: failure => (failure as Error).name });
    expect(await client.post(server.url(), { body: Source.from([Buffer.from('x')]) }).text()).toMatch(/Error/);
    expect(await client(server.url()).text()).toMatch(/Error/);
  });

  it('is itself never tried again, and may be a bad status', async () => {
    const { client } = isolated({ retry: false, fallback: () => ({ statusCode: 503, body: 'closed today' }) });
    const plain = client.extend({ retry: { limit: 2, backoffLimit: 1 } });
    const error = await rejection(plain(server.url()));
    expect([error.name, error.response?.body]).toEqual(['HTTPError', 'closed today']);
    expect((await plain(server.url(), { throwHttpErrors: false })).statusCode).toBe(503);
  });

  it('that is none says so, and what it throws keeps the failure', async () => {
    const given: unknown[] = [undefined, { statusCode: 99 }, () => 1];
    const { client } = isolated({ fallback: () => given.shift() as string });
    expect((await rejection(client(server.url()))).message).toContain('fallback must return a body');
    expect((await rejection(client(server.url()))).message).toContain('from 200 to 599, got 99');
    expect((await rejection(client(server.url()))).message).toContain('got a function');
    server.always(answer(503));
    const thrown = (): never => {
      throw Object.assign(new Error('nothing cached'), { code: 'ECONNRESET' });
    };
    const error = await rejection(make({ retry: false, fallback: thrown }).client(server.url()));
    expect(error.cause).toMatchObject({ message: 'nothing cached', cause: { name: 'HTTPError' } });
    const refused = isolated({ retry: false, fallback: thrown }).client(server.url(), { retry: { limit: 2 } });
    expect((await rejection(refused)).cause).toMatchObject({ cause: { name: 'CircuitOpenError' } });
    expect(server.requests).toHaveLength(1);
  });

  it('is not made for a good answer, a 404 or an abort', async () => {
    const seen: unknown[] = [];
    const { client } = make({ retry: false, fallback: failure => (seen.push(failure), 'instead') });
    expect(await client(server.url()).text()).toBe('');
    server.next(answer(404), hang);
    expect((await rejection(client(server.url()))).name).toBe('HTTPError');
    const controller = new AbortController();
    const aborted = rejection(client(server.url(), { signal: controller.signal }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    controller.abort();
    expect((await aborted).name).toBe('AbortError');
    expect(seen).toEqual([]);
  });

  it('comes through a stream: for a refusal, an error and a status', async () => {
    const refused = isolated({ fallback: () => 'instead' });
    expect(await read(refused.client.stream(server.url()))).toBe('instead');
    expect(await read(Source.from([Buffer.from('x')]).pipe(refused.client.stream.post(server.url())))).toBe('instead');
    server.next(reset, answer(503, { body: 'sorry' }), answer(503, { body: 'sorry' }), answer(200, { body: 'good' }));
    const { client, hooks, eventTypes } = make({
      retry: false,
      fallback: () => ({ statusCode: 203, body: 'instead' }),
    });
    expect(await read(client.stream(server.url()))).toBe('instead');
    expect(await read(client.stream(server.url()))).toBe('instead');
    const stream = client.stream(server.url(), { throwHttpErrors: false });
    const statuses: number[] = [];
    stream.on('response', ({ statusCode }) => statuses.push(statusCode));
    expect(await read(stream)).toBe('instead');
    expect(statuses).toEqual([203]);
    expect(await read(client.stream(server.url()))).toBe('good');
    expect(eventTypes).toEqual(['fallback', 'fallback', 'fallback']);
    expect(hooks.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  it('is not made for a stream that its reader destroys, before or while it is asked for', async () => {
    const asked = vi.fn(() => new Promise<string>(() => undefined));
    const verdicts: string[] = [];
    const { client, hooks } = make({ retry: false, fallback: asked });
    hooks.policy.subscribe(event => void (event.type === 'outcome' && verdicts.push(event.verdict)));
    for (const [step, times] of [
      [hang, 0],
      [answer(503), 1],
    ] as const) {
      const { length } = server.requests;
      server.next(step);
      const stream = client.stream(server.url());
      const closed = new Promise(resolve => stream.once('close', resolve));
      stream.on('error', () => undefined);
      await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(length));
      await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(times));
      stream.destroy();
      await closed;
    }
    await vi.waitFor(() => expect(server.busySockets).toBe(0));
    expect([verdicts, asked.mock.calls.length]).toEqual([['ignore', 'failure'], 1]);
    expect(hooks.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  it('that throws ends a stream with its error', async () => {
    server.always(answer(503));
    const thrown = new Error('nothing cached');
    const { client } = make({ retry: false, fallback: () => Promise.reject(thrown) });
    expect((await rejection(read(client.stream(server.url())))).cause).toBe(thrown);
  });

  it('that throws the error of a connection ends a stream that was answered, too', async () => {
    server.always(answer(503));
    const thrown = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const { client } = make({ retry: false, fallback: () => Promise.reject(thrown) });
    expect((await rejection(read(client.stream(server.url())))).cause).toBe(thrown);
  });

  const stalled = (): Readable => {
    const source = new Source({ read: () => undefined });
    source.push('part');
    return source;
  };

  it('waits for no body of a request that is not sent', async () => {
    const { client, hooks } = isolated({ fallback: () => 'instead' });
    expect(await read(client.stream.post(server.url()))).toBe('instead');
    const stream = client.stream.put(server.url());
    const requests: unknown[] = [];
    stream.on('request', request => requests.push(request));
    expect(await read(stalled().pipe(stream))).toBe('instead');
    expect(requests).toEqual([]);
    expect(await client.put(server.url(), { body: stalled() }).text()).toBe('instead');
    expect(hooks.policy.breaker(server.origin).evictionInfo(0).inFlight).toBe(0);
  });

  it('comes in the last stream of one that is retried, though nothing ends its body', async () => {
    server.always(hang);
    const { client } = make({ attemptTimeoutMs: 50, fallback: () => 'instead' });
    for (const body of [undefined, stalled()]) {
      const text = await new Promise((resolve, reject) => {
        const follow = (stream: ReturnType<typeof client.stream>): void => {
          stream.once('retry', (_count, _error, again) => follow(again()));
          stream.once('response', () => read(stream).then(resolve, reject));
          stream.once('error', reject);
        };
        const options = { retry: { limit: 2 }, ...(body ? { body } : {}) };
        follow(client.stream.put(server.url(), options));
      });
      expect(text).toBe('instead');
    }
  });

  it("of the adapter stands before a shared policy's, and a call's before both", async () => {
    const policy = createHttpPolicy({ fallback: () => 'policy' });
    policy.breaker(server.origin).isolate();
    expect(await got.extend(breakerHooks(policy))(server.url()).text()).toBe('policy');
    const client = got.extend(breakerHooks(policy, { fallback: () => 'adapter' }));
    expect(await client(server.url()).text()).toBe('adapter');
    expect(await client(server.url(), { context: { cutout: { fallback: () => 'call' } } }).text()).toBe('call');
    const none = await rejection(client(server.url(), { context: { cutout: { fallback: false } } }));
    expect(none.code).toBe('ERR_CIRCUIT_OPEN');
    expect(() => breakerHooks(policy, { fallback: 5 as never })).toThrow('fallback must be a function, got 5');
  });

  it('is given once where a fallback calls its own host again', async () => {
    let times = 0;
    const { client } = isolated({
      fallback: () => {
        times += 1;
        return client(server.url('/again')).text();
      },
    });
    const error = await rejection(client(server.url()));
    // The inner refusal has a cause of its own, so the outer one stands on an error around it.
    expect(error.cause).toMatchObject({ thrown: { code: 'ERR_CIRCUIT_OPEN' }, cause: { code: 'ERR_CIRCUIT_OPEN' } });
    expect(times).toBe(1);
  });
});
