import { createHttpPolicy } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STALE_ADAPTERS, type StaleAdapter, stalePolicy } from './adapters.ts';

let server: ScriptedServer;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
});

const down = answer(503, { body: 'down' });

function attached(adapter: StaleAdapter, policy = stalePolicy()): ReturnType<StaleAdapter['attach']>['send'] {
  const { send, close } = adapter.attach(policy);
  if (close) closing.push(close);
  return send;
}

/** Node's fetch keeps what it does not know of its init to itself. */
const TAKING_OVERRIDES = STALE_ADAPTERS.filter(({ name }) => !name.startsWith('built-in'));

describe.each(TAKING_OVERRIDES)('behind $name', adapter => {
  it('a call may bring what its policy has not, and the policy keeps the store', async () => {
    const send = attached(adapter, createHttpPolicy({ retry: false }));
    const call = (): { cutout: object } => ({ cutout: { stale: staleIfError() } });
    server.next(answer(200, { body: 'good' }));
    expect(await send(server.url(), call())).toBe('200 good');
    server.always(down);
    expect(await send(server.url(), call())).toBe('stale 200 good');
    expect(await send(server.url())).toBe('503 down');
    server.next(answer(200, { body: 'written' }));
    await send(server.url(), { method: 'PUT' });
    expect(await send(server.url(), call())).toBe('503 down');
  });

  it('a call may have a time of its own, and a host too', async () => {
    const aged = answer(200, { body: 'good', headers: { age: '90' } });
    const short = staleIfError({ maxStaleMs: 30_000 });
    const send = attached(adapter);
    server.next(aged);
    await send(server.url());
    server.always(down);
    expect(await send(server.url(), { cutout: { stale: short } })).toBe('503 down');
    expect(await send(server.url())).toBe('stale 200 good');
    const other = attached(adapter, stalePolicy({ hosts: { '127.0.0.1': { stale: short } } }));
    server.next(aged);
    await other(server.url());
    expect(await other(server.url())).toBe('503 down');
  });

  it('one strategy in two policies shares no answer', async () => {
    const stale = staleIfError();
    const [one, other] = [1, 2].map(() => attached(adapter, stalePolicy({ stale })));
    server.next(answer(200, { body: 'good' }));
    await one?.(server.url());
    server.always(down);
    expect(await other?.(server.url())).toBe('503 down');
    expect(await one?.(server.url())).toBe('stale 200 good');
  });
});

describe('the options of the store', () => {
  it.each([
    ['maxEntries', { maxEntries: 5 }, '1000', '5'],
    ['maxBytes', { maxBytes: 5 }, '52428800', '5'],
    ['maxEntryBytes', { maxEntryBytes: 5 }, '1048576', '5'],
    ['identity', { identity: ['X-A'] }, '[]', '["x-a"]'],
  ])('are those of the first: another %s is refused to hosts and calls', async (name, options, first, own) => {
    const other = staleIfError(options);
    const message = `stale must not set ${name} to another value than ${first}, got ${own}`;
    expect(() => stalePolicy({ hosts: { 'a.com': { stale: other } } })).toThrow(`hosts["a.com"].${message}`);
    const policy = stalePolicy();
    const request = { method: 'GET', url: server.url(), headers: new Headers(), replayable: true };
    const call = policy.run(request, () => expect.unreachable(), { stale: other });
    await expect(call).rejects.toThrow(`cutout.${message}`);
  });

  it('may be given once more, where they are the same', () => {
    const identity = ['x-a', 'X-B'];
    const hosts = { 'a.com': { stale: staleIfError({ maxEntries: 1_000, identity: ['X-A', 'x-b'] }) } };
    expect(stalePolicy({ stale: staleIfError({ identity }), hosts }).keepsAnswers()).toBe(true);
  });

  it("are a host's where the policy has none", () => {
    const hosts = { 'a.com': { stale: staleIfError({ maxEntries: 5 }) }, 'b.com': { stale: staleIfError() } };
    expect(createHttpPolicy({ hosts }).keepsAnswers()).toBe(true);
    const others = { ...hosts, 'c.com': { stale: staleIfError({ maxEntries: 6 }) } };
    expect(() => createHttpPolicy({ hosts: others })).toThrow('hosts["c.com"].stale must not set maxEntries');
  });
});
