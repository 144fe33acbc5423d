import { delay, HttpResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFetch } from './create-fetch.ts';

/** Wrapped before msw listens: a fetch captured at import would escape it. */
const fetch = createFetch({ retry: { backoff: () => 1 }, attemptTimeoutMs: 200 });
const mock = setupServer();
const URL = 'https://api.example.com/items';

beforeAll(() => mock.listen({ onUnhandledFrame: 'error' }));
afterEach(() => {
  mock.resetHandlers();
  fetch.policy.reset();
});
afterAll(() => mock.close());

describe('under msw', () => {
  it('answers come through untouched', async () => {
    mock.use(http.get(URL, () => HttpResponse.json([1])));
    const response = await fetch(URL);
    expect([response.url, await response.json()]).toEqual([URL, [1]]);
  });

  it('a network error without a code is a failure, and is tried again', async () => {
    let calls = 0;
    mock.use(
      http.get(URL, () => {
        calls += 1;
        return HttpResponse.error();
      }),
    );
    for (let i = 0; i < 2; i++) await expect(fetch(URL)).rejects.toThrow('fetch failed');
    await expect(fetch(URL)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN', key: 'https://api.example.com' });
    expect(calls).toBe(5);
  });

  it('a status is tried again until it is good', async () => {
    let calls = 0;
    mock.use(http.get(URL, () => (calls++ < 2 ? new HttpResponse(null, { status: 503 }) : HttpResponse.text('well'))));
    expect(await (await fetch(URL)).text()).toBe('well');
    expect(calls).toBe(3);
  });

  it('an endless delay times out', async () => {
    mock.use(http.post(URL, () => delay('infinite')));
    await expect(fetch(URL, { method: 'POST' })).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
  });
});
