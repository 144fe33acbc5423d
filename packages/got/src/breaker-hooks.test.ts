import type { Readable } from 'node:stream';
import { createFetch } from '@cutout/fetch';
import { createHttpPolicy } from '@cutout/http';
import { answer, breakBody, drip, hang, reset, ScriptedServer } from '@cutout/testing';
import got, { type Got, HTTPError, type RequestError } from 'got';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const ONE = { failures: 1 } as const;

function make(options: GotOptions = {}): { client: Got; hooks: BreakerHooks } {
  const hooks = breakerHooks({ retry: { backoff: () => 1 }, ...options });
  return { client: got.extend(hooks), hooks };
}

const rejection = (promise: Promise<unknown>): Promise<RequestError> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );
const stateOf = ({ policy }: BreakerHooks, origin = server.origin): string => policy.breaker(origin).state;
const inFlight = ({ policy }: BreakerHooks): number => policy.breaker(server.origin).evictionInfo(0).inFlight;

async function read(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

describe('promises', () => {
  it('of a refusal reject with a RequestError that has our code and cause, by json() too', async () => {
    const { client, hooks } = make();
    hooks.policy.breaker(server.origin).isolate();
    for (const promise of [
      client(server.url()),
      client(server.url()).json(),
      client.post(server.url(), { json: {} }),
    ]) {
      expect(await rejection(promise)).toMatchObject({
        name: 'RequestError',
        code: 'ERR_CIRCUIT_OPEN',
        cause: { name: 'CircuitOpenError', key: server.origin },
      });
    }
    expect(server.requests).toHaveLength(0);
  });

  it("of a status reject with got's own HTTPError, or resolve where throwHttpErrors is off, and count", async () => {
    server.always(answer(503, { body: 'sorry' }));
    const { client, hooks } = make({ retry: false });
    const plain = client.extend({ retry: { limit: 0 } });
    const error = await rejection(plain(server.url()));
    expect(error).toBeInstanceOf(HTTPError);
    expect(error.response?.body).toBe('sorry');
    for (let i = 0; i < 4; i++) expect((await plain(server.url(), { throwHttpErrors: false })).statusCode).toBe(503);
    expect(stateOf(hooks)).toBe('open');
  });

  it('are tried again by our rules, with their body', async () => {
    server.next(answer(503), reset);
    const { client } = make();
    expect(await client.put(server.url(), { json: { a: 1 } }).text()).toBe('');
    expect(server.requests.map(request => request.body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  it('give their permit back when they are aborted: before, in headers, in the body', async () => {
    const { client, hooks } = make({ breaker: ONE });
    for (const step of [hang, drip(50, 20)]) {
      server.always(step);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60);
      expect(await rejection(client(server.url(), { signal: controller.signal }))).toMatchObject({
        name: 'AbortError',
      });
      expect(inFlight(hooks)).toBe(0);
    }
    await rejection(client(server.url(), { signal: AbortSignal.abort() }));
    expect([inFlight(hooks), stateOf(hooks)]).toEqual([0, 'closed']);
  });

  it('end at a time limit of ours with its code and cause', async () => {
    server.always(hang);
    const { client } = make({ retry: false, attemptTimeoutMs: 60 });
    const cause = { name: 'TimeoutError', timeoutMs: 60 };
    expect(await rejection(client(server.url(), { retry: { limit: 0 } }))).toMatchObject({
      code: 'ERR_ATTEMPT_TIMEOUT',
      cause,
    });
    const error = await rejection(
      client(server.url(), { context: { cutout: { totalTimeoutMs: 50 } }, retry: { limit: 0 } }),
    );
    expect(error).toMatchObject({ code: 'ERR_TOTAL_TIMEOUT' });
  });

  it("count got's own timeout, and try again", async () => {
    server.next(hang);
    const { client, hooks } = make();
    expect((await client(server.url(), { timeout: { request: 150 } })).statusCode).toBe(200);
    expect(server.requests).toHaveLength(2);
    expect(stateOf(hooks)).toBe('closed');
  });

  it('of a pagination are a call for each page', async () => {
    server.always(answer(200, { body: '[1]' }));
    const { client, hooks } = make();
    const seen: string[] = [];
    hooks.policy.subscribe(event => void (event.type === 'outcome' && seen.push(event.verdict)));
    const pages = client.paginate<number>(server.url(), {
      pagination: { countLimit: 3, paginate: () => ({}) },
      responseType: 'json',
    });
    const all: number[] = [];
    for await (const item of pages) all.push(item);
    expect(all).toEqual([1, 1, 1]);
    expect(seen).toEqual(['success', 'success', 'success']);
  });

  it('with hooks of others that throw leave no permit behind', async () => {
    const { client, hooks } = make();
    const boom = (): never => {
      throw new Error('boom');
    };
    for (const name of ['beforeRequest', 'afterResponse'] as const) {
      const error = await rejection(client.extend({ hooks: { [name]: [boom] } })(server.url()));
      expect(error.message).toBe('boom');
      expect(inFlight(hooks)).toBe(0);
    }
  });
});

describe('redirects', () => {
  it('are counted hop by hop, each for its own origin', async () => {
    await using target = await ScriptedServer.start(answer(503));
    server.always(answer(302, { headers: { location: target.url('/end') } }));
    const { client, hooks } = make({ retry: false });
    const plain = client.extend({ retry: { limit: 0 } });
    for (let i = 0; i < 5; i++) await rejection(plain(server.url()));
    expect([stateOf(hooks), stateOf(hooks, target.origin)]).toEqual(['closed', 'open']);
    const error = await rejection(plain(server.url()));
    expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN', cause: { key: target.origin } });
    expect([server.requests.length, target.requests.length]).toEqual([6, 5]);
  });
});

describe('retries', () => {
  it('of got stay in force with retry: false, each seen by the breaker, and never multiply with ours', async () => {
    server.always(answer(503));
    const own = got.extend({ retry: { limit: 3, calculateDelay: ({ computedValue }) => (computedValue ? 1 : 0) } });
    const hooks = breakerHooks({ retry: false });
    await rejection(own.extend(hooks)(server.url()));
    expect(server.requests).toHaveLength(4);
    const refused = await rejection(own.extend(hooks)(server.url()));
    expect(server.requests).toHaveLength(5);
    expect(refused).toMatchObject({ code: expect.stringMatching(/ERR_CIRCUIT_OPEN|ERR_NON_2XX/) });
  });

  it('of got that the circuit refuses end with the last real error, in place of which a fallback answers', async () => {
    server.always(answer(503));
    const seen: unknown[] = [];
    const fallback = (failure: unknown, { refused }: { refused: boolean }): string => {
      seen.push((failure as Error).name, refused);
      return 'instead';
    };
    const own = got.extend({ retry: { limit: 1, calculateDelay: ({ computedValue }) => (computedValue ? 1 : 0) } });
    const hooks = breakerHooks({ retry: false, breaker: ONE });
    expect((await rejection(own.extend(hooks)(server.url()))).name).toBe('HTTPError');
    const answering = own.extend(breakerHooks({ retry: false, breaker: ONE, fallback }));
    expect(await answering(server.url()).text()).toBe('instead');
    expect([seen, server.requests.length]).toEqual([['HTTPError', false], 2]);
  });

  it('of ours are not made of an answer that a hook makes good', async () => {
    server.always(answer(503));
    const { client, hooks } = make();
    const retries: string[] = [];
    hooks.policy.subscribe(({ type }) => void (type.startsWith('retry') && retries.push(type)));
    const mended = client.extend({
      hooks: { afterResponse: [response => Object.assign(response, { statusCode: 200, ok: true })] },
    });
    expect(((await mended(server.url())) as { statusCode: number }).statusCode).toBe(200);
    expect([server.requests.length, retries]).toEqual([1, []]);
    expect(hooks.policy.metricsOf(server.origin)?.answers).toMatchObject({ failure: 1 });
  });

  it('that a later extend asks for are overridden, with one warning', async () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    server.always(answer(500));
    const { client } = make();
    const extended = client.extend({ retry: { limit: 9 } });
    await rejection(extended(server.url()));
    expect(server.requests).toHaveLength(3);
    await rejection(extended(server.url()));
    expect(spy).toHaveBeenCalledTimes(1);
  });
});

describe('streams', () => {
  it('are read as without us, and their good headers count', async () => {
    server.always(answer(200, { body: 'whole' }));
    const { client, hooks } = make();
    const seen: string[] = [];
    hooks.policy.subscribe(event => void (event.type === 'outcome' && seen.push(`${event.verdict} ${event.stage}`)));
    expect(await read(client.stream(server.url()))).toBe('whole');
    await vi.waitFor(() => expect(seen).toEqual(['success headers', 'success body']));
    expect(inFlight(hooks)).toBe(0);
  });

  it('that break open the circuit', async () => {
    server.always(breakBody('reset'));
    const { client, hooks } = make({ retry: false });
    for (let i = 0; i < 5; i++) await rejection(read(client.stream(server.url(), { retry: { limit: 0 } })));
    await vi.waitFor(() => expect(stateOf(hooks)).toBe('open'));
    const error = await rejection(read(client.stream(server.url())));
    expect(error).toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect(server.requests).toHaveLength(5);
  });

  it('of a failing status count', async () => {
    server.always(answer(503));
    const { client, hooks } = make({ retry: false, breaker: ONE });
    await rejection(read(client.stream(server.url(), { retry: { limit: 0 } })));
    expect(stateOf(hooks)).toBe('open');
  });

  it('that are destroyed say nothing', async () => {
    server.always(hang);
    const { client, hooks } = make({ breaker: ONE });
    const stream = client.stream(server.url());
    stream.on('error', () => undefined);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    stream.destroy();
    await vi.waitFor(() => expect(inFlight(hooks)).toBe(0));
    expect(stateOf(hooks)).toBe('closed');
  });
});

describe('options', () => {
  it('of a call stand in its context; false passes by, a bad one is refused', async () => {
    const { client, hooks } = make();
    hooks.policy.breaker(server.origin).isolate();
    expect((await client(server.url(), { context: { cutout: false } })).statusCode).toBe(200);
    const error = await rejection(client(server.url(), { context: { cutout: { retries: 1 } } }));
    expect(error.message).toMatch(/^cutout.retries is not an option/);
  });

  it('that are bad are refused when the hooks are built', () => {
    expect(() => breakerHooks({ retry: 3 } as never)).toThrow('retry must be an object, got 3');
    expect(() => breakerHooks({ fallback: 1 } as never)).toThrow('fallback must be a function, got 1');
    expect(() => breakerHooks({}, { fallbak: 1 } as never)).toThrow('did you mean fallback?');
  });

  it('may be a policy, whose circuits are shared with fetch', async () => {
    server.always(answer(503));
    const policy = createHttpPolicy({ retry: false });
    const client = got.extend({ retry: { limit: 0 } }, breakerHooks(policy), { retry: { limit: 0 } });
    for (let i = 0; i < 5; i++) await rejection(client(server.url()));
    await expect(createFetch(policy)(server.url())).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
  });
});
