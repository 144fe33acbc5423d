import { hedge } from '@cutout/http';
import { describe, expect, it, vi } from 'vitest';
import { createFetch, type FetchOptions } from './create-fetch.ts';

const URL_OF_CALL = 'http://h.test/path';

/** Where an attempt gets a signal or headers of ours. */
const OPTIONS: Record<string, FetchOptions> = {
  defaults: {},
  'a limit for an attempt': { attemptTimeoutMs: 60_000 },
  'a limit for the call': { totalTimeoutMs: 60_000 },
  'a hedge': { hedge: hedge({ delayMs: 60_000, minimumSamples: 0 }) },
  'a header for each retry': { retry: { attemptHeader: 'x-retry', backoff: () => 1 } },
};

const MEMBERS: Record<string, RequestInit> = {
  'no referrer': { referrer: '', referrerPolicy: 'no-referrer' },
  'a referrer of its own': { referrer: 'http://h.test/from', referrerPolicy: 'unsafe-url' },
  'a policy alone': { referrerPolicy: 'origin' },
  mode: { mode: 'same-origin' },
  credentials: { credentials: 'include' },
  cache: { cache: 'no-store' },
  redirect: { redirect: 'manual' },
  integrity: { integrity: 'sha256-x' },
  keepalive: { keepalive: true },
  method: { method: 'DELETE' },
  headers: { headers: { 'x-own': '1' } },
  body: { method: 'PUT', body: 'some text' },
};

const SEEN = [
  ...['url', 'method', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity'],
  ...['keepalive', 'destination', 'duplex'],
] as (keyof Request)[];

async function contentOf(request: Request): Promise<object> {
  const members = Object.fromEntries(SEEN.map(name => [name, request[name]]));
  const headers = [...request.headers].filter(([name]) => name !== 'x-retry');
  return { ...members, headers, body: await request.text() };
}

/** A fetch that fails once, and keeps what it was called with, as a Request sees it. */
function recording(): { fetch: typeof globalThis.fetch; seen: Request[] } {
  const seen: Request[] = [];
  const fetch = async (input: Parameters<typeof globalThis.fetch>[0], init?: RequestInit): Promise<Response> => {
    seen.push(new Request(input, init));
    return new Response(null, { status: seen.length === 1 ? 503 : 200 });
  };
  return { fetch, seen };
}

describe.each(Object.entries(OPTIONS))('nothing of a Request is lost with %s', (_, options) => {
  it.each(Object.entries(MEMBERS))('%s', async (_name, init) => {
    const { fetch, seen } = recording();
    const guarded = createFetch({ retry: { backoff: () => 1 }, ...options, fetch });
    const request = new Request(URL_OF_CALL, init);
    const expected = await contentOf(request.clone());
    await guarded(request);
    expect(seen.length).toBe(init.body || init.keepalive ? seen.length : 2);
    for (const each of seen) expect(await contentOf(each)).toEqual(expected);
  });

  it('but what the caller takes away with an init of his own', async () => {
    const { fetch, seen } = recording();
    const request = new Request(URL_OF_CALL, { referrer: '', referrerPolicy: 'no-referrer' });
    await createFetch({ ...options, retry: false, fetch })(request, { cache: 'reload' });
    expect(seen.map(each => [each.referrer, each.referrerPolicy])).toEqual([['about:client', '']]);
  });

  it('when only our own overrides are given beside it', async () => {
    const { fetch, seen } = recording();
    const request = new Request(URL_OF_CALL, { referrer: '', referrerPolicy: 'no-referrer' });
    await createFetch({ ...options, fetch })(request, { cutout: { retry: false, totalTimeoutMs: 5_000 } });
    expect(seen.map(each => [each.referrer, each.referrerPolicy])).toEqual([['', 'no-referrer']]);
  });

  it('nor made of a navigation, which no init can be put beside', async () => {
    const fetch = vi.fn(async () => new Response('ok'));
    // No program can make one; a service worker is given them.
    const navigation = Object.defineProperty(new Request(URL_OF_CALL), 'mode', { value: 'navigate' });
    await createFetch({ ...options, fetch })(navigation);
    expect(fetch.mock.calls).toEqual([[navigation, undefined]]);
  });
});

describe('an opaque response', () => {
  it.each(['opaque', 'opaqueredirect'])('of the type %s is an answer', async type => {
    const fetch = createFetch({
      retry: false,
      fetch: async () => Object.defineProperties(new Response(), { type: { value: type }, status: { value: 0 } }),
    });
    await fetch(URL_OF_CALL);
    expect(fetch.policy.metricsOf(URL_OF_CALL)?.answers).toMatchObject({ success: 1 });
  });

  it('is not one of the type error', async () => {
    const fetch = createFetch({ retry: false, fetch: async () => Response.error() });
    await fetch(URL_OF_CALL);
    expect(fetch.policy.metricsOf(URL_OF_CALL)?.answers).toMatchObject({ failure: 1 });
  });
});
