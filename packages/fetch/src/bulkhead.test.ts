import { bulkhead } from '@cutout/http';
import { answer, breakBody, hang, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CutoutFetch, createFetch } from './create-fetch.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(200, { body: 'x'.repeat(100_000) }));
});
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

const one = (options: { bodyHoldMs?: number } = {}): CutoutFetch =>
  createFetch({ bulkhead: bulkhead({ maxConcurrent: 1, ...options }), retry: false });
/** Whether a call gets the place; it gives it back at once. */
async function isFree(fetch: CutoutFetch): Promise<boolean> {
  try {
    await (await fetch(server.url(), { method: 'HEAD' })).text();
    return true;
  } catch {
    return false;
  }
}

describe('a place in the bulkhead', () => {
  it.each<[string, (response: Response) => unknown]>([
    ['read as text', response => response.text()],
    ['cancelled', response => response.body?.cancel()],
    ['cancelled through its reader', response => response.body?.getReader().cancel()],
    [
      'left in the middle of a loop',
      async ({ body }) => {
        for await (const _ of body as ReadableStream) break;
      },
    ],
    ['piped', response => response.body?.pipeTo(new WritableStream())],
    [
      'read in one of two branches',
      async response => (await Promise.all([response.clone().text(), response.text()]))[0],
    ],
    [
      'cancelled in both of two branches',
      response => Promise.all((response.body as ReadableStream).tee().map(branch => branch.cancel())),
    ],
  ])('is given back by a body that is %s', async (_, end) => {
    const fetch = one();
    const response = await fetch(server.url());
    expect(await isFree(fetch)).toBe(false);
    await end(response);
    // A reader tells of the end a turn after it.
    await new Promise(resolve => setImmediate(resolve));
    expect(await isFree(fetch)).toBe(true);
  });

  it('is given back by a body that breaks, and counts it', async () => {
    server.next(breakBody('reset'));
    const fetch = one();
    const response = await fetch(server.url());
    await expect(response.text()).rejects.toThrow();
    expect(await isFree(fetch)).toBe(true);
  });

  it('is held where only one of two branches is cancelled', async () => {
    const fetch = one();
    const [first, second] = ((await fetch(server.url())).body as ReadableStream).tee();
    void first.cancel();
    expect(await isFree(fetch)).toBe(false);
    await new Response(second).text();
    await new Promise(resolve => setImmediate(resolve));
    expect(await isFree(fetch)).toBe(true);
    const response = await fetch(server.url());
    const copy = response.clone();
    void copy.body?.cancel();
    expect(await isFree(fetch)).toBe(false);
    await response.text();
    expect(await isFree(fetch)).toBe(true);
  });

  it('is held by a body that nobody reads for bodyHoldMs and no longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const fetch = one({ bodyHoldMs: 60_000 });
    const response = await fetch(server.url());
    vi.advanceTimersByTime(59_999);
    expect(await isFree(fetch)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await isFree(fetch)).toBe(true);
    expect(await response.text()).toHaveLength(100_000);
  });
});

it('a bulkhead of one does not wedge where adapters are stacked, whichever shares what', async () => {
  const inner = one();
  const outer = createFetch(inner.policy, { fetch: inner });
  const around = createFetch(inner.policy, { fetch: (...args) => inner(...args) });
  for (const fetch of [outer, around]) expect(await (await fetch(server.url())).text()).toHaveLength(100_000);
});

it('one hanging host fills its own bulkhead and no other', async () => {
  await using hanging = await ScriptedServer.start(hang);
  const fetch = createFetch({ bulkhead: bulkhead({ maxConcurrent: 5, maxQueue: 100 }), retry: false });
  const abort = new AbortController();
  const stuck = Array.from({ length: 50 }, () => fetch(hanging.url(), { signal: abort.signal }).catch(error => error));
  for (let i = 0; i < 100; i++) await (await fetch(server.url())).text();
  expect(server.requests).toHaveLength(100);
  abort.abort('enough');
  expect(new Set(await Promise.all(stuck))).toEqual(new Set(['enough']));
  expect(hanging.requests.length).toBeLessThanOrEqual(5);
});

describe('an unread answer that a function of the application made', () => {
  const twice = async (made: () => Response): Promise<unknown[]> => {
    const fetch = createFetch({ fetch: async () => made(), bulkhead: bulkhead({ maxConcurrent: 1 }), retry: false });
    const send = (): Promise<unknown> =>
      fetch('http://a.example/').then(
        ({ status }) => status,
        ({ code }) => code,
      );
    return [await send(), await send()];
  };

  it('keeps no place where it was made of a text', async () =>
    expect(await twice(() => new Response('ok'))).toEqual([200, 200]));

  it('keeps its place where it was made of a stream', async () =>
    expect(await twice(() => new Response(new ReadableStream()))).toEqual([200, 'ERR_BULKHEAD_FULL']));
});
