/** Our time limits where got itself would wait on. What hooks do within them is in `application-hooks.test.ts`. */

import { Agent } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { BreakerRegistry } from '@cutout/core';
import { bulkhead } from '@cutout/http';
import { answer, hang, ManualClock, ScriptedServer } from '@cutout/testing';
import got, { type Got, type Request } from 'got';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

const ONE = { failures: 1 } as const;

function make(options: GotOptions = {}): { client: Got; hooks: BreakerHooks } {
  const hooks = breakerHooks({
    retry: { maxRetries: 0 },
    attemptTimeoutMs: 80,
    bulkhead: bulkhead({ maxConcurrent: 1 }),
    ...options,
  });
  return { client: got.extend(hooks), hooks };
}

const heldBy = ({ policy }: BreakerHooks): number =>
  policy.metrics().keys.reduce((sum, key) => sum + key.inFlight + (key.bulkhead?.inFlight ?? 0), 0);
const failuresOf = ({ policy }: BreakerHooks): number =>
  policy.metrics().keys.reduce((sum, key) => sum + key.answers.failure, 0);
const errorOf = (stream: Request): Promise<Error> => new Promise(resolve => stream.on('error', resolve).resume());

describe('a server that answers 101 to a plain request', () => {
  let server: Server;
  let origin: string;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    server = createServer(socket => {
      sockets.push(socket.on('error', () => undefined));
      socket.on('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello'),
      );
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('ends a promise at the limit, and holds neither permit, place nor socket', async () => {
    const { client, hooks } = make({ breaker: ONE });
    await expect(client(origin)).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT', cause: { timeoutMs: 80 } });
    expect([heldBy(hooks), failuresOf(hooks)]).toEqual([0, 1]);
    await vi.waitFor(() => expect(sockets.map(socket => socket.destroyed)).toEqual([true]));
  });

  for (const api of ['promise', 'stream'] as const) {
    it(`leaves no socket open where the caller aborts (${api})`, async () => {
      const { client, hooks } = make({ attemptTimeoutMs: 60_000 });
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const ended =
        api === 'stream' ? errorOf(client.stream(origin, options)) : client(origin, options).catch(error => error);
      await vi.waitFor(() => expect(sockets.map(socket => socket.bytesWritten > 0)).toEqual([true]));
      controller.abort();
      expect(await ended).toMatchObject({ name: 'AbortError' });
      await vi.waitFor(() => expect(sockets.map(socket => socket.destroyed)).toEqual([true]));
      expect(heldBy(hooks)).toBe(0);
    });
  }

  it("leaves no socket open where got's own limit passes before ours", async () => {
    const { client, hooks } = make({ attemptTimeoutMs: 1_000, retry: { maxRetries: 1, backoff: () => 1 } });
    // That of got 15 does not pass where the protocol was changed.
    const code = expect.stringMatching(/^(ETIMEDOUT|ERR_ATTEMPT_TIMEOUT)$/);
    await expect(client(origin, { timeout: { request: 50 } })).rejects.toMatchObject({ code });
    await vi.waitFor(() => expect(sockets.map(socket => socket.destroyed)).toEqual([true, true]));
    expect(heldBy(hooks)).toBe(0);
  });

  it('ends a stream at the limit', async () => {
    const { client, hooks } = make();
    expect(await errorOf(client.stream(origin))).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    expect([heldBy(hooks), failuresOf(hooks)]).toEqual([0, 1]);
  });

  it('ends the whole call at the total limit, and may be tried again before', async () => {
    const { client, hooks } = make({
      retry: { maxRetries: 9, backoff: () => 1, budget: false },
      totalTimeoutMs: 200,
      breaker: { mode: 'off' },
    });
    await expect(client(origin)).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_(ATTEMPT|TOTAL)_TIMEOUT/) });
    expect(sockets.length).toBeGreaterThan(1);
    expect(heldBy(hooks)).toBe(0);
  });

  it('is answered for by a fallback, whose time is its own', async () => {
    const fallback = (): Promise<string> => new Promise(resolve => setTimeout(resolve, 150, 'fallback'));
    const { client } = make({ fallback, totalTimeoutMs: 80 });
    expect((await client(origin)).body).toBe('fallback');
  });

  it('is left to an application that listens for the upgrade', async () => {
    const { client, hooks } = make({ breaker: ONE });
    const stream = client.stream(origin);
    stream.on('error', () => undefined);
    const socket = await new Promise<Socket>(resolve => stream.on('upgrade', (_, taken: Socket) => resolve(taken)));
    expect([heldBy(hooks), failuresOf(hooks)]).toEqual([0, 0]);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
    stream.destroy();
  });
});

describe('a time limit', () => {
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await ScriptedServer.start();
  });
  afterEach(() => server.close());

  it("goes by the policy's clock", async () => {
    server.always(hang);
    const clock = new ManualClock();
    const registry = new BreakerRegistry({ clock });
    const { client } = make({ retry: false, attemptTimeoutMs: 600_000, totalTimeoutMs: 900_000, registry });
    const call = client(server.url(), { retry: { limit: 0 } }).catch(error => error);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    clock.advance(599_999);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(server.busySockets).toBe(1);
    clock.advance(1);
    expect(await call).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT', cause: { timeoutMs: 600_000 } });
  });

  it('cuts no wait between two attempts, ours or that of got', async () => {
    server.next(answer(503));
    const { client } = make({ retry: { backoff: () => 600 }, attemptTimeoutMs: 300 });
    expect((await client(server.url())).statusCode).toBe(200);
    server.next(answer(503));
    const own = make({ retry: false, attemptTimeoutMs: 300 }).client.extend({
      retry: { calculateDelay: ({ computedValue }) => computedValue && 600 },
    });
    expect((await own(server.url())).statusCode).toBe(200);
  });

  it('does not count where the agent of the application has no socket to give', async () => {
    server.always(hang);
    const agent = new Agent({ maxSockets: 1 });
    const other = got(server.url(), { agent: { http: agent }, retry: { limit: 0 } }).catch(() => undefined);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    const { client, hooks } = make({ breaker: ONE });
    await expect(client(server.url(), { agent: { http: agent } })).rejects.toMatchObject({
      code: 'ERR_ATTEMPT_TIMEOUT',
    });
    expect([heldBy(hooks), failuresOf(hooks)]).toEqual([0, 0]);
    agent.destroy();
    await other;
  });

  it('that fires late by more than it is long shows a process that slept: not counted, and tried again', async () => {
    server.next(hang);
    const { client, hooks } = make({ breaker: ONE, retry: { backoff: () => 1 }, attemptTimeoutMs: 400 });
    const clock = performance.now.bind(performance);
    let aheadMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => clock() + aheadMs);
    const call = client(server.url());
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    aheadMs = 10_000;
    expect((await call).statusCode).toBe(200);
    expect([heldBy(hooks), failuresOf(hooks)]).toEqual([0, 0]);
  });

  it('ends a call between its attempts, too', async () => {
    server.always(answer(503));
    const { client, hooks } = make({
      retry: { backoff: () => 1 },
      attemptTimeoutMs: 60_000,
      totalTimeoutMs: 100,
      breaker: { mode: 'off' },
    });
    const stuck = client.extend({ hooks: { beforeRetry: [() => new Promise<void>(() => undefined)] } });
    await expect(stuck(server.url())).rejects.toMatchObject({ code: 'ERR_TOTAL_TIMEOUT', cause: { timeoutMs: 100 } });
    expect([heldBy(hooks), server.requests.length]).toEqual([0, 1]);
  });

  it('ends what got makes of the answer of a fallback, too', async () => {
    const { client, hooks } = make({ fallback: () => 'instead', totalTimeoutMs: 400 });
    const stuck = client.extend({ hooks: { afterResponse: [() => new Promise<never>(() => undefined)] } });
    hooks.policy.breaker(server.origin).isolate();
    await expect(stuck(server.url())).rejects.toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    expect(heldBy(hooks)).toBe(0);
  });

  it('leaves no timer and no listener behind', async () => {
    const { client } = make({ totalTimeoutMs: 60_000 });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    await client(server.url(), { signal });
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    await vi.waitFor(() =>
      expect(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length).toBeLessThan(3),
    );
  });
});
