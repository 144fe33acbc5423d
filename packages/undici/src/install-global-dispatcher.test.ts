import { answer, ScriptedServer } from '@cutout/testing';
import { getGlobalDispatcher, request, setGlobalDispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installGlobalDispatcher, type Uninstall } from './install-global-dispatcher.ts';

let server: ScriptedServer;
let uninstall: Uninstall | undefined;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(503));
});
afterEach(async () => {
  uninstall?.();
  await server.close();
});

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: { code?: string; cause?: { code?: string } }) => error.code ?? error.cause?.code,
  );

describe('installed globally', () => {
  it("guards Node's built-in fetch and npm undici alike, with retries off, and can be taken out again", async () => {
    uninstall = installGlobalDispatcher();
    for (let i = 0; i < 3; i++) expect((await fetch(server.url())).status).toBe(503);
    for (let i = 0; i < 2; i++) await (await request(server.url())).body.dump();
    expect(uninstall.policy.breaker(server.origin).state).toBe('open');
    expect(await outcome(fetch(server.url()))).toBe('ERR_CIRCUIT_OPEN');
    expect(await outcome(request(server.url()))).toBe('ERR_CIRCUIT_OPEN');
    expect(server.requests).toHaveLength(5);
    uninstall();
    expect((await fetch(server.url())).status).toBe(503);
    expect((await request(server.url())).statusCode).toBe(503);
  });

  it('leaves a slot that other code has filled since, and bypasses for those who kept ours', async () => {
    const first = getGlobalDispatcher();
    uninstall = installGlobalDispatcher({ breaker: { failures: 1 } });
    const ours = getGlobalDispatcher();
    expect(ours).not.toBe(first);
    await (await request(server.url())).body.dump();
    setGlobalDispatcher(first);
    uninstall();
    expect(getGlobalDispatcher()).toBe(first);
    expect((await request(server.url(), { dispatcher: ours })).statusCode).toBe(503);
  });

  it('refuses bad options', () => {
    expect(() => installGlobalDispatcher({ retry: 1 } as never)).toThrow('retry must be an object, got 1');
  });
});
