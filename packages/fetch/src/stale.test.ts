import { BreakerRegistry } from '@cutout/core';
import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, breakBody, hang, ScriptedServer, ShiftedClock, type Step } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CutoutFetch, createFetch, type FetchOptions } from './create-fetch.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const make = (options: FetchOptions = {}): CutoutFetch =>
  createFetch({ retry: false, stale: staleIfError(), ...options });
const down = answer(503, { body: 'down' });

/** Reads a good answer to the first request, and what the second gets of a host that fails. */
async function after(good: Step, first: RequestInit, second: RequestInit, options?: FetchOptions): Promise<string> {
  const fetch = make(options);
  server.always(good);
  await fetch(server.url('/a#one'), first)
    .then(response => response.text())
    .catch(() => undefined);
  server.always(down);
  const response = await fetch(server.url('/a#two'), second);
  return `${response.status} ${await response.text()}`;
}

const good = (headers: Record<string, string> = {}): Step => answer(200, { body: 'good', headers });
const as = (user: string): RequestInit => ({ headers: { authorization: user } });

describe('the last good answer', () => {
  it('replaces a failing status, marked, and its bytes are not shared', async () => {
    const fetch = make();
    const events: unknown[] = [];
    fetch.policy.subscribe(event => event.type === 'stale' && events.push(event));
    server.next(answer(200, { body: 'good', headers: { 'x-a': '1' } }));
    expect(await (await fetch(server.url('/a'))).text()).toBe('good');
    server.always(down);
    const stale = await fetch(server.url('/a'));
    expect(stale).toBeInstanceOf(Response);
    expect([stale.status, stale.url, stale.headers.get('x-a')]).toEqual([200, server.url('/a'), '1']);
    expect(stale.headers.get('age')).toMatch(/^\d$/);
    expect(stale.headers.get('cache-status')).toBe('cutout; hit; fwd=stale; detail="503"');
    new Uint8Array(await stale.arrayBuffer()).fill(0);
    expect(await (await fetch(server.url('/a'))).text()).toBe('good');
    expect(events).toMatchObject([{ type: 'stale', key: server.origin, reason: '503' }, {}]);
  });

  it('answers every GET seen before while the host is dead, by error and by refusal, before the fallback', async () => {
    const fetch = make({ fallback: () => new Response('fallback') });
    server.always(({ path }) => answer(200, { body: path }));
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    for (const path of paths) await (await fetch(server.url(path))).text();
    await server.close();
    const details = new Set<string | null>();
    for (const path of paths) {
      const response = await fetch(server.url(path));
      details.add(response.headers.get('cache-status'));
      expect(await response.text()).toBe(path);
    }
    expect([...details].join()).toMatch(/ECONNREFUSED.*ERR_CIRCUIT_OPEN/);
    expect(await (await fetch(server.url('/new'))).text()).toBe('fallback');
  });

  it.each<[string, Step, RequestInit, RequestInit, string]>([
    ['another fragment', good(), {}, {}, '200 good'],
    ['the same caller', good({ 'cache-control': 'private' }), as('a'), as('a'), '200 good'],
    ['HEAD from a GET', good(), {}, { method: 'HEAD' }, '200 '],
    [
      'the same variant',
      good({ vary: 'accept' }),
      { headers: { accept: 'a' } },
      { headers: { accept: 'a' } },
      '200 good',
    ],
    [
      'another variant',
      good({ vary: 'accept' }),
      { headers: { accept: 'a' } },
      { headers: { accept: 'b' } },
      '503 down',
    ],
    ['Vary: *', good({ vary: '*' }), {}, {}, '503 down'],
    ['another caller', good(), as('a'), as('b'), '503 down'],
    ['no caller', good(), as('a'), {}, '503 down'],
    ['another cookie', good(), { headers: { cookie: 'a' } }, { headers: { cookie: 'b' } }, '503 down'],
    ['Set-Cookie', good({ 'set-cookie': 'a=b' }), {}, {}, '503 down'],
    ['GET from a HEAD', good(), { method: 'HEAD' }, {}, '503 down'],
    ['a write', good(), {}, { method: 'POST' }, '503 down'],
    ['an answer to a write', good(), { method: 'POST' }, {}, '503 down'],
    ['206', answer(206, { body: 'part' }), {}, {}, '503 down'],
    ['oversized', answer(200, { body: 2_000_000 }), {}, {}, '503 down'],
    ['truncated', breakBody(), {}, {}, '503 down'],
    ['no-store', good({ 'cache-control': 'no-store' }), {}, {}, '503 down'],
    ['no-cache', good({ 'cache-control': 'no-cache' }), {}, {}, '503 down'],
    ['must-revalidate', good({ 'cache-control': 'must-revalidate' }), {}, {}, '503 down'],
    ['a condition that is not met', good(), {}, { headers: { 'if-none-match': '"a"' } }, '200 good'],
    ['a range', good(), { headers: { range: 'bytes=0-1' } }, {}, '503 down'],
    ['a request with no-store', good(), {}, { headers: { 'cache-control': 'no-store' } }, '503 down'],
    ['a call without', good(), {}, { cutout: { stale: false } } as RequestInit, '503 down'],
  ])('%s', async (_, step, first, second, expected) => {
    expect(await after(step, first, second)).toBe(expected);
  });

  it.each([
    [20_000, 200, '20'],
    [3_600_000, 503, null],
  ])("has an age that follows the circuits' clock: %d ms later", async (ms, status, age) => {
    const clock = new ShiftedClock();
    const fetch = make({ stale: staleIfError({ maxStaleMs: 60_000 }), registry: new BreakerRegistry({ clock }) });
    server.next(good({ 'cache-control': 'max-age=10', date: new Date().toUTCString() }), down);
    await (await fetch(server.url('/a'))).text();
    clock.advance(ms);
    const second = await fetch(server.url('/a'));
    expect(second.status).toBe(status);
    const said = second.headers.get('age');
    // The answer itself may be a second old.
    expect(said === null ? said : String(Math.floor(Number(said) / 10) * 10)).toBe(age);
  });

  it.each([
    [-3_600_000, 200, '0'],
    [20_000, 200, '20'],
    [3_600_000, 503, null],
  ])('shows an age that is not too small when the wall clock steps by %d ms', async (step, status, age) => {
    const fetch = make({ stale: staleIfError({ maxStaleMs: 60_000 }) });
    server.next(good({ 'cache-control': 'max-age=10', date: new Date().toUTCString() }), down);
    await (await fetch(server.url('/a'))).text();
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + step);
    const second = await fetch(server.url('/a'));
    expect(second.status).toBe(status);
    const shown = second.headers.get('age');
    // The answer itself may be a second old.
    expect(shown === null ? shown : String(Math.floor(Number(shown) / 10) * 10)).toBe(age);
  });

  it('is dropped by a write that succeeds, and by a 404', async () => {
    for (const step of [{ method: 'PUT' }, {}]) {
      const fetch = make();
      server.next(good(), answer('method' in step ? 200 : 404), down);
      await (await fetch(server.url('/a'))).text();
      await (await fetch(server.url('/a'), step)).text();
      expect((await fetch(server.url('/a'))).status).toBe(503);
    }
  });

  it('is refused with path and value where the option is bad', () => {
    expect(() => make({ stale: staleIfError({ maxEntries: 0 }) })).toThrow(
      'staleIfError.maxEntries must be a positive integer',
    );
    expect(() => staleIfError(5 as never)).toThrow('staleIfError must be an object, got 5');
    expect(() => make({ hosts: { 'a.com': { stale: staleIfError({ maxBytes: 1 }) } } })).toThrow('maxBytes');
  });
});

describe('the reader of an answer that is kept', () => {
  it('may use a clone, a stream or a part of it; only what was read whole is kept', async () => {
    const fetch = make();
    server.next(answer(200, { body: 'cloned' }), answer(200, { body: 'unread' }), answer(200, { body: 'cancelled' }));
    const copy = (await fetch(server.url('/clone'))).clone();
    expect([await copy.text(), copy.url]).toEqual(['cloned', server.url('/clone')]);
    await fetch(server.url('/unread'));
    await (await fetch(server.url('/cancelled'))).body?.cancel();
    server.always(down);
    expect(await (await fetch(server.url('/clone'))).text()).toBe('cloned');
    expect((await fetch(server.url('/unread'))).status).toBe(503);
    expect((await fetch(server.url('/cancelled'))).status).toBe(503);
  });

  it('shares none with a later user of the Request object', async () => {
    const fetch = make({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) });
    server.always(({ headers }) => answer(200, { body: `for ${headers['authorization']}`, delayMs: 20 }));
    const request = new Request(server.url('/a'), { headers: { authorization: 'a' } });
    const first = fetch(server.url('/b'));
    const queued = fetch(request);
    request.headers.set('authorization', 'b');
    await (await first).text();
    expect(await (await queued).text()).toBe('for b');
    server.always(down);
    expect((await fetch(server.url('/a'), as('a'))).status).toBe(503);
    expect((await fetch(server.url('/a'), as('b'))).status).toBe(503);
  });

  it('gets no coding that no body has any more, and keeps none that he may have been left with', async () => {
    const given =
      (coding: string): typeof globalThis.fetch =>
      async () =>
        new Response('decoded', { headers: { 'content-encoding': coding, 'content-length': '99' } });
    for (const [coding, expected] of [
      ['gzip, br', 200],
      ['zstd', undefined],
    ] as const) {
      const fetch = make({ fetch: given(coding) });
      await (await fetch('http://a.example/')).text();
      fetch.policy.breaker('http://a.example/').isolate();
      const stale = await fetch('http://a.example/').catch(() => undefined);
      expect([stale?.status, stale?.headers.get('content-encoding') ?? null]).toEqual([expected, null]);
      expect(stale?.headers.get('content-length') ?? null).toBe(null);
      await stale?.text();
    }
  });

  it('gets no stale answer for an abort of his own', async () => {
    const fetch = make();
    server.next(good());
    await (await fetch(server.url('/a'))).text();
    server.always(hang);
    const own = new AbortController();
    const pending = fetch(server.url('/a'), { signal: own.signal });
    while (server.requests.length < 2) await new Promise(resolve => setImmediate(resolve));
    own.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it('gets one where a time limit of the policy is up', async () => {
    const fetch = make({ attemptTimeoutMs: 50 });
    server.next(good());
    await (await fetch(server.url('/a'))).text();
    server.always(hang);
    const stale = await fetch(server.url('/a'));
    expect(stale.headers.get('cache-status')).toContain('ERR_ATTEMPT_TIMEOUT');
  });
});
