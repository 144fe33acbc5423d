/** Strategies of the user's own whose hooks throw, or whose tickets never end: what is held is released all the same. */

import { createServer } from 'node:http';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { bulkhead, type HttpPolicy, type HttpPolicyOptions, hedge, type Strategy } from '@cutout/http';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

interface Client {
  readonly policy: HttpPolicy;
  /** Resolves with the text of the answer. */
  readonly get: (url: string, signal?: AbortSignal) => Promise<string>;
}

type Options = HttpPolicyOptions<never>;

const CLIENTS: Record<string, (options: Options) => Client> = {
  fetch(options) {
    const fetch = createFetch(options);
    return {
      policy: fetch.policy,
      get: async (url, signal) => (await fetch(url, signal ? { signal } : {})).text(),
    };
  },
  axios(options) {
    const instance = axios.create({ validateStatus: () => true });
    const { policy } = attachBreaker(instance, options);
    return { policy, get: async (url, signal) => (await instance.get(url, signal ? { signal } : {})).data };
  },
  got(options) {
    const hooks = breakerHooks(options);
    const client = got.extend(hooks, { throwHttpErrors: false });
    return { policy: hooks.policy, get: (url, signal) => client(url, signal ? { signal } : {}).text() };
  },
  undici(options) {
    const interceptor = breakerInterceptor(options);
    const dispatcher = new Agent().compose(interceptor as never);
    const get: Client['get'] = async (url, signal) => {
      const { body } = await request(url, signal ? { dispatcher, signal } : { dispatcher });
      return body.text();
    };
    return { policy: interceptor.policy, get };
  },
};

const server = createServer(({ url }, response) => {
  if (url === '/bad') response.statusCode = 503;
  setTimeout(() => response.end('good'), url === '/slow' ? 150 : 0);
});
let origin = '';

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => void server.close().closeAllConnections());
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const boom = (): never => {
  throw new Error('boom');
};
const HELD = { release: () => undefined };
const forever = new Promise<never>(() => undefined);
const rejects = (): never => Promise.reject(new Error('boom')) as never;
const SINK = { add: () => undefined, end: () => undefined, drop: () => undefined };
const asyncStale = (hooks: Partial<Strategy>): Options => ({
  stale: { name: 'stale', answer: () => undefined, ...hooks },
});
const asyncOwn = (hooks: Partial<Strategy>): Options => ({ strategies: [{ name: 'own', ...hooks }] });

function client(name: string, strategy: Partial<Strategy>, more: Options = {}): Client {
  const own = { name: 'own', ...strategy };
  return (CLIENTS[name] as (typeof CLIENTS)[string])({
    retry: { maxRetries: 0 },
    bulkhead: bulkhead({ maxConcurrent: 5 }),
    strategies: [own],
    ...more,
  });
}

function heldBy({ policy }: Client): unknown {
  const [{ inFlight, bulkhead: places } = {}] = policy.metrics().keys as never as [
    { inFlight?: number; bulkhead?: { inFlight: number } },
  ];
  return { inFlight, places: places?.inFlight ?? 0 };
}

const NOTHING = { inFlight: 0, places: 0 };

describe.each(Object.keys(CLIENTS))('%s, with a strategy of the user', name => {
  it.each<[string, Partial<Strategy>]>([
    ['release throws', { admit: () => ({ release: boom }) }],
    ['ended throws', { ended: boom }],
    ['turn is not to be released', { admit: () => ({ turn: Promise.resolve() as never, leave: () => undefined }) }],
  ])('whose %s: the call fails and holds nothing', async (_title, strategy) => {
    const made = client(name, strategy);
    await expect(made.get(origin)).rejects.toThrow(/boom|must resolve with/);
    expect(heldBy(made)).toEqual(NOTHING);
  });

  it.each<[string, Partial<Strategy>]>([
    ['hold throws', { admit: () => ({ ...HELD, hold: boom }) }],
    ['hold returns no lease', { admit: () => ({ ...HELD, hold: () => undefined as never }) }],
    ['lease throws', { admit: () => ({ ...HELD, hold: () => ({ end: boom }) }) }],
  ])('whose %s: nothing is held once the body has ended', async (_title, strategy) => {
    const made = client(name, strategy);
    await made.get(origin).catch(() => undefined);
    await expect.poll(() => heldBy(made)).toEqual(NOTHING);
  });

  it.each<[string, () => void]>([
    ['ignores that it has been left', () => undefined],
    ['throws as it is left', boom],
  ])('whose ticket %s: the call ends by its limit and by an abort', async (_title, leave) => {
    const made = client(name, { admit: () => ({ turn: forever, leave }) }, { totalTimeoutMs: 60 });
    await expect(made.get(origin)).rejects.toThrow('within 60 ms');
    const endless = client(name, { admit: () => ({ turn: forever, leave }) });
    const caller = new AbortController();
    const call = endless.get(origin, caller.signal);
    setTimeout(() => caller.abort(), 20);
    await expect(call).rejects.toThrow(/abort|cancel/i);
    expect(heldBy(endless)).toEqual(NOTHING);
  });

  it('whose second ticket has only what is left of the time', async () => {
    const first: Strategy = {
      name: 'first',
      admit: () => ({ turn: new Promise(resolve => setTimeout(resolve, 200, HELD)), leave: () => undefined }),
    };
    const second: Strategy = { name: 'second', admit: () => ({ turn: forever, leave: () => undefined }) };
    const made = client(name, {}, { strategies: [first, second], totalTimeoutMs: 300 });
    const startedAt = performance.now();
    await expect(made.get(origin)).rejects.toThrow('within 300 ms');
    // The whole of the limit after the first turn would end at 500.
    expect(performance.now() - startedAt).toBeLessThan(480);
  });

  it('whose turn comes after the end of the call: it is released', async () => {
    const release = vi.fn();
    const turn = new Promise<typeof HELD>(resolve => setTimeout(resolve, 120, { release }));
    const made = client(name, { admit: () => ({ turn, leave: () => undefined }) }, { totalTimeoutMs: 40 });
    await expect(made.get(origin)).rejects.toThrow('within 40 ms');
    await expect.poll(() => release.mock.calls).toEqual([['ignore', 0]]);
  });

  it.each<[string, Options]>([
    ['stateFor', asyncStale({ stateFor: rejects })],
    ['begin', asyncStale({ begin: rejects })],
    ['responded', asyncStale({ responded: rejects })],
    ['answer', asyncStale({ answer: rejects })],
    ['keep', asyncStale({ keep: rejects })],
    ['add of a sink', asyncStale({ keep: () => ({ ...SINK, add: rejects }) })],
    ['end of a sink', asyncStale({ keep: () => ({ ...SINK, end: rejects }) })],
    ['release', asyncOwn({ admit: () => ({ release: rejects }) })],
    ['hold', asyncOwn({ admit: () => ({ ...HELD, hold: rejects }) })],
    ['end of a lease', asyncOwn({ admit: () => ({ ...HELD, hold: () => ({ end: rejects }) }) })],
    ['leave', { ...asyncOwn({ admit: () => ({ turn: forever, leave: rejects }) }), totalTimeoutMs: 60 }],
  ])('whose %s rejects: no rejection is left unhandled', async (_title, options) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const made = client(name, {}, options);
      for (const path of ['', '/bad']) await made.get(origin + path).catch(() => undefined);
      await expect.poll(() => heldBy(made)).toEqual(NOTHING);
      await new Promise(resolve => setTimeout(resolve, 10));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  it('that keeps answers, and throws or returns no answer: nothing is held', async () => {
    for (const answer of [boom, () => 7 as never, async () => undefined]) {
      const stale = { name: 'stale', answer } as never as Strategy;
      const made = client(name, {}, { stale });
      await made.get(`${origin}/bad`).catch(({ message }) => expect(message).toMatch(/boom|must return an Answer/));
      await expect.poll(() => heldBy(made)).toEqual(NOTHING);
    }
    const made = client(name, {}, { stale: { name: 'stale', keep: boom } });
    await made.get(origin).catch(({ message }) => expect(message).toBe('boom'));
    await expect.poll(() => heldBy(made)).toEqual(NOTHING);
  });

  it.each(['add', 'end'])('whose sink throws in %s: the body reaches its reader', async hook => {
    const sink = { add: () => undefined, end: () => undefined, drop: () => undefined, [hook]: boom };
    const made = client(name, {}, { stale: { name: 'stale', keep: () => sink } });
    expect(await made.get(origin)).toBe('good');
    await expect.poll(() => heldBy(made)).toEqual(NOTHING);
  });
});

describe.each(['fetch', 'axios', 'got', 'undici'])('%s, with hooks that are async', name => {
  it.each<[string, Partial<Record<keyof Strategy, unknown>>]>([
    ['admit', { admit: async () => Promise.reject(new Error('late')) }],
    ['ended', { ended: async () => Promise.reject(new Error('late')) }],
  ])('%s: the call fails with the name of the hook, and no rejection is left unhandled', async (hook, strategy) => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const made = client(name, strategy as Partial<Strategy>);
    const message = new RegExp(`${hook} of the strategy .* must return its answer at once`);
    await expect(made.get(origin)).rejects.toThrow(message);
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect([unhandled.mock.calls, heldBy(made)]).toEqual([[], NOTHING]);
  });
});

describe.each(['fetch', 'axios', 'undici'])('%s, with a hedge', name => {
  const hedged = { hedge: hedge({ delayMs: 20, minimumSamples: 0 }) };

  it.each<[string, Partial<Strategy>]>([
    ['tryAdmit throws', { tryAdmit: boom }],
    ['tryAdmit returns no admission', { tryAdmit: () => 7 as never }],
    ['ended throws', { ended: boom }],
  ])('and a strategy whose %s: the call fails, holds nothing, and is no failure of the host', async (_, strategy) => {
    const made = client(name, strategy, hedged);
    await expect(made.get(`${origin}/slow`)).rejects.toThrow(/boom|tryAdmit of the strategy/);
    expect(heldBy(made)).toEqual(NOTHING);
    expect(made.policy.metrics().keys[0]?.answers.failure).toBe(0);
  });
});
