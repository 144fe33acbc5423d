import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, hang, reset, ScriptedServer } from '@cutout/testing';
import got16, { type Got, type OptionsInit, type Response } from 'got';
import got15 from 'got-15';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const down = answer(503, { body: 'down' });
const good = answer(200, { body: '{"a":1}', headers: { 'x-a': '1' } });

describe.each([
  ['16', got16],
  ['15', got15 as unknown as typeof got16],
])('behind got %s a stale answer', (_version, got) => {
  function make(options: GotOptions = {}): { client: typeof got16; hooks: BreakerHooks; reasons: string[] } {
    const hooks = breakerHooks({ retry: false, stale: staleIfError(), ...options });
    const reasons: string[] = [];
    hooks.policy.subscribe(event => void (event.type === 'stale' && reasons.push(event.reason)));
    const client = got.extend({ retry: { limit: 0 }, throwHttpErrors: false }, hooks);
    return { client, hooks, reasons };
  }

  const inFlight = ({ policy }: BreakerHooks): number => policy.breaker(server.origin).evictionInfo(0).inFlight;

  it('comes in every form that got has for a body, in place of statuses, errors and refusals', async () => {
    const { client, hooks, reasons } = make({ fallback: () => 'fallback' });
    server.next(good);
    await client(server.url());
    server.always(down);
    expect(await client(server.url()).json()).toEqual({ a: 1 });
    const bytes = await client(server.url()).buffer();
    bytes.fill(0);
    const { statusCode, headers, body } = await client(server.url());
    expect([statusCode, headers['x-a'], headers['age'], body]).toEqual([200, '1', '0', '{"a":1}']);
    expect(headers['cache-status']).toBe('cutout; hit; fwd=stale; detail="503"');
    server.always(reset);
    expect(await client(server.url(), { throwHttpErrors: true }).text()).toBe('{"a":1}');
    hooks.policy.breaker(server.origin).isolate();
    expect(await client(server.url()).text()).toBe('{"a":1}');
    expect(await client(server.url('/other')).text()).toBe('fallback');
    expect(reasons).toEqual(['503', '503', '503', 'ECONNRESET', 'ERR_CIRCUIT_OPEN']);
    expect(inFlight(hooks)).toBe(0);
  });

  it('comes after the last attempt, ours or that of got', async () => {
    for (const options of [{ retry: { maxRetries: 1, backoff: () => 1 } }, {}]) {
      const { client } = make(options);
      const before = server.requests.length;
      server.always(good);
      await client(server.url());
      server.always(down);
      const own: OptionsInit = 'retry' in options ? {} : { retry: { limit: 1, backoffLimit: 1, noise: 0 } };
      expect(await client(server.url(), own).text()).toBe('{"a":1}');
      expect(server.requests.length - before).toBe(3);
    }
  });

  it('is served to streams, which keep nothing themselves', async () => {
    const { client, hooks } = make({ bulkhead: bulkhead({ maxConcurrent: 1 }) });
    const stream = (): Promise<string> => text(client.stream(server.url()) as Readable);
    server.always(good);
    expect(await stream()).toBe('{"a":1}');
    server.always(down);
    await expect(client(server.url()).text()).resolves.toBe('down');
    server.always(good);
    await client(server.url());
    for (const step of [down, reset]) {
      server.always(step);
      expect(await stream()).toBe('{"a":1}');
    }
    hooks.policy.breaker(server.origin).isolate();
    expect(await stream()).toBe('{"a":1}');
    expect(inFlight(hooks)).toBe(0);
  });

  it('is kept for the request as it was first asked, whatever hops it was led to', async () => {
    const { client } = make({ breaker: { mode: 'off' } });
    server.next({ kind: 'redirect', to: 'elsewhere' }, good);
    const asked = { headers: { authorization: 'a' } };
    expect(await client(server.url('/from'), asked).json()).toEqual({ a: 1 });
    server.always(down);
    expect(await client(server.url('/from'), asked).json()).toEqual({ a: 1 });
    expect((await client(server.url('/from'))).statusCode).toBe(503);
    expect((await client(server.url(server.requests[1]?.path), asked)).statusCode).toBe(503);
  });

  it("is one caller's, however got learns of the caller", async () => {
    const jar = (cookie: string): OptionsInit => ({
      cookieJar: { getCookieString: async () => cookie, setCookie: async () => undefined } as never,
    });
    const later = (authorization: string): OptionsInit => ({
      hooks: {
        beforeRequest: [options => void Object.assign(options.headers, { authorization })],
      },
    });
    const moved = (path: string): OptionsInit => ({
      hooks: { beforeRequest: [options => void Object.assign(options.url as URL, { pathname: path })] },
    });
    const others: [OptionsInit, OptionsInit, number][] = [
      [{ username: 'a', password: 'p' }, { username: 'b', password: 'p' }, 200],
      [{ username: 'a', password: 'p' }, {}, 200],
      [jar('s=a'), jar('s=b'), 200],
      [jar('s=a'), {}, 200],
      [{ searchParams: { user: 1 } }, { searchParams: { user: 2 } }, 200],
      [{ headers: { host: 'a.example' } }, { headers: { host: 'b.example' } }, 200],
      [{ allowGetBody: true, body: 'a' } as OptionsInit, { allowGetBody: true, body: 'b' } as OptionsInit, 503],
      [later('a'), later('b'), 200],
      [later('a'), {}, 200],
      [moved('/a'), moved('/b'), 200],
      [moved('/a'), {}, 200],
    ];
    for (const [first, second, again] of others) {
      const client: Got = make({ breaker: { mode: 'off' } }).client;
      const get = async (own: OptionsInit): Promise<number> =>
        ((await client(server.url('/x'), own)) as Response).statusCode;
      server.next(good);
      expect(await get(first)).toBe(200);
      server.always(down);
      expect(await get(second)).toBe(503);
      expect(await get(first)).toBe(again);
    }
  });

  it("is none to the caller's own abort", async () => {
    const { client, hooks, reasons } = make();
    server.next(good);
    await client(server.url());
    server.always(hang);
    const own = new AbortController();
    const pending = client(server.url(), { signal: own.signal });
    while (server.requests.length < 2) await new Promise(resolve => setImmediate(resolve));
    own.abort();
    await expect(pending).rejects.toThrow(/abort/i);
    expect([reasons, inFlight(hooks)]).toEqual([[], 0]);
  });
});
