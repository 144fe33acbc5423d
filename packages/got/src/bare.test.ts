/** What got does by itself, and does the same behind the breaker. */

import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { answer, hang, redirect, ScriptedServer } from '@cutout/testing';
import got, { type Got, type Options, type Response } from 'got';
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

/** How a call ends, whether it throws or rejects. */
async function endOf(call: () => unknown): Promise<string> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return `throws ${error}`;
  }
  return Promise.resolve(result).then(
    () => 'resolves',
    error => `rejects with ${error}`,
  );
}

describe('arguments that got refuses', () => {
  const calls: Record<string, (client: Got) => unknown> = {
    null: client => client(null as never),
    undefined: client => client(undefined as never),
    'no URL': client => client({} as never),
    'a number': client => client(1 as never),
    'text that is no URL': client => client('nowhere'),
    'another scheme': client => client('ftp://a.example'),
    'an unknown option': client => client('http://a.example', { nonsense: 1 } as never),
    'two bodies': client => client.post('http://a.example', { json: {}, form: {} } as never),
    'a body for GET': client => client('http://a.example', { body: 'a' }),
    'no signal': client => client('http://a.example', { signal: 1 as never }),
    'a signal of another kind': client => client('http://a.example', { signal: new EventEmitter() as never }),
    'a sockets URL, not enabled': client => client('http://unix:/a.sock:/'),
  };
  for (const [what, call] of Object.entries(calls)) {
    it(`end as without us: ${what}`, async () => {
      const bare = got.extend({ retry: { limit: 0 } });
      const { client, hooks } = make({ attemptTimeoutMs: 1_000 });
      expect(await endOf(() => call(client))).toBe(await endOf(() => call(bare)));
      expect(hooks.policy.metrics().keys.reduce((sum, key) => sum + key.answers.failure + key.inFlight, 0)).toBe(0);
    });
  }
});

describe('the context of a call', () => {
  it("is the application's own, in every hook and on every attempt", async () => {
    server.next(answer(503), redirect('here'));
    const seen: unknown[] = [];
    const look = (options: Pick<Options, 'context'>): void => void seen.push(options.context, inspect(options.context));
    const { client } = make();
    const context = { user: 1 };
    const { request } = (await client(server.url(), {
      context,
      hooks: {
        beforeRequest: [look],
        beforeRedirect: [look],
        beforeRetry: [error => look(error.options)],
        afterResponse: [response => (look(response.request.options), response)],
      },
    })) as Response;
    look(request.options);
    for (let i = 0; i < seen.length; i += 2) {
      expect(seen[i]).toEqual(context);
      expect(Reflect.ownKeys(seen[i] as object)).toEqual(['user']);
      expect(seen[i + 1]).toBe('{ user: 1 }');
    }
    expect(seen).toHaveLength(16);
  });

  it("and the application's signal and request function are back in the options at the end", async () => {
    const { client } = make({ attemptTimeoutMs: 1_000 });
    const { signal } = new AbortController();
    const { request } = (await client(server.url(), { signal })) as Response;
    expect([request.options.signal, request.options.request]).toEqual([signal, undefined]);
  });
});

describe("got's own retry limit of 0", () => {
  it('is that of a call, or of an instance that was extended later: nothing is tried again, and no word about it', async () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    server.always(answer(503));
    const { client, hooks } = make({ retry: { backoff: () => 1, maxRetries: 3 }, breaker: { mode: 'off' } });
    const events: string[] = [];
    hooks.policy.subscribe(event => void events.push(event.type));
    const calls = [
      () => client(server.url(), { retry: { limit: 0 } }),
      () => client(server.url(), { retry: { limit: 0 }, context: { cutout: { attemptTimeoutMs: 900 } } }),
      () => client.extend({ retry: { limit: 0 } })(server.url()),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'ERR_NON_2XX_3XX_RESPONSE' });
    expect(server.requests).toHaveLength(3);
    expect([spy.mock.calls, events.filter(type => type.startsWith('retry'))]).toEqual([[], []]);
  });

  it('of an instance that ours was given to later is overridden, and so is that of the call by its own rules', async () => {
    server.always(answer(503));
    const hooks = breakerHooks({ retry: { backoff: () => 1, maxRetries: 1 }, breaker: { mode: 'off' } });
    const client = got.extend({ retry: { limit: 0 } }, hooks);
    await expect(client(server.url())).rejects.toThrow();
    expect(server.requests).toHaveLength(2);
    const own = { retry: { maxRetries: 2 } };
    await expect(client(server.url(), { retry: { limit: 0 }, context: { cutout: own } })).rejects.toThrow();
    expect(server.requests).toHaveLength(5);
  });
});

describe("got's own redirect limit", () => {
  it('says nothing of the host', async () => {
    server.always(redirect('here'));
    const { client, hooks } = make({ breaker: ONE });
    await expect(client(server.url(), { maxRedirects: 2 })).rejects.toMatchObject({ code: 'ERR_TOO_MANY_REDIRECTS' });
    expect(hooks.policy.metricsOf(server.origin)?.answers).toEqual({ success: 2, failure: 0, ignore: 1 });
    expect(server.requests).toHaveLength(3);
  });
});

describe('a signal', () => {
  /** As that of the `abort-controller` package: an `EventTarget` of its own, without `reason`. */
  class ForeignSignal {
    aborted = false;
    readonly #listeners = new Set<() => void>();
    addEventListener(_: 'abort', listener: () => void): void {
      this.#listeners.add(listener);
    }
    removeEventListener(_: 'abort', listener: () => void): void {
      this.#listeners.delete(listener);
    }
    abort(): void {
      this.aborted = true;
      for (const listener of [...this.#listeners]) listener();
    }
    get listening(): number {
      return this.#listeners.size;
    }
  }

  for (const limits of [{}, { attemptTimeoutMs: 5_000, totalTimeoutMs: 9_000 }]) {
    it(`of another make ends a call as got does, under ${JSON.stringify(limits)}`, async () => {
      const unhandled = vi.fn();
      process.on('unhandledRejection', unhandled);
      server.always(hang);
      const { client, hooks } = make({ breaker: ONE, ...limits });
      const signal = new ForeignSignal();
      const call = client(server.url(), { signal: signal as never });
      await vi.waitFor(() => expect(server.requests).toHaveLength(1));
      signal.abort();
      await expect(call).rejects.toMatchObject({ name: 'AbortError', code: 'ERR_ABORTED' });
      const aborted = client(server.url(), { signal: signal as never });
      await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
      expect(hooks.policy.metricsOf(server.origin)).toMatchObject({ inFlight: 0, answers: { failure: 0 } });
      process.off('unhandledRejection', unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    });
  }

  it("of a timeout of the caller's own ends a call with got's TimeoutError", async () => {
    server.always(hang);
    const { client } = make({ retry: false, attemptTimeoutMs: 5_000 });
    await expect(client(server.url(), { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});

describe('a unix socket', () => {
  let dir: string;
  let living: Server;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'got-'));
    living = createServer((_, response) => response.end('alive'));
    await new Promise<void>(resolve => living.listen(join(dir, 'b.sock'), resolve));
  });
  afterEach(() => {
    living.close();
    rmSync(dir, { recursive: true });
  });

  for (const form of ['http://unix:', 'unix:']) {
    it(`has a circuit of its own (${form})`, async () => {
      const { client, hooks } = make({ retry: { maxRetries: 0 }, breaker: ONE });
      const sockets = client.extend({ enableUnixSockets: true });
      const get = (name: string) => sockets(`${form}${dir}/${name}.sock:/info?a=1`).text();
      await expect(get('a')).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await get('b')).toBe('alive');
      await expect(get('a')).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
      expect(hooks.policy.metrics().keys.map(({ key }) => decodeURIComponent(key))).toEqual([
        `http+unix://${dir}/a.sock`,
        `http+unix://${dir}/b.sock`,
      ]);
    });
  }
});
