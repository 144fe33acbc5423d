import { answer, ScriptedServer } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { createFetch } from './create-fetch.ts';

const end = (call: Promise<Response>): Promise<unknown> =>
  call.then(
    ({ status }) => status,
    (error: Error) => `${error.name}: ${error.message}`,
  );

describe('a signal that is none', () => {
  const odd = [5, 0, '', 'x', {}, { aborted: false }, () => undefined, true];
  for (const signal of odd) {
    it(`is refused as by fetch itself, under a limit too: ${JSON.stringify(signal) ?? 'a function'}`, async () => {
      await using server = await ScriptedServer.start(answer(200));
      const init = { signal } as unknown as RequestInit;
      const guarded = createFetch({ retry: false, attemptTimeoutMs: 5_000 });
      expect(await end(guarded(server.url('/'), init))).toBe(await end(fetch(server.url('/'), init)));
    });
  }

  it('keeps no call beyond its limit, where a fetch of yours never answers', async () => {
    const guarded = createFetch({ retry: false, attemptTimeoutMs: 20, fetch: () => new Promise(() => undefined) });
    const init = { signal: {} } as unknown as RequestInit;
    await expect(guarded('http://a.example/', init)).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
  });
});
