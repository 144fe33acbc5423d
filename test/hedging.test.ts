/** Hedging with real clients: arrivals, leaks, and many concurrent calls. */

import { breakerHooks } from '@cutout/got';
import { createHttpPolicy, type HttpPolicyOptions, hedge } from '@cutout/http';
import {
  answer,
  type ClientRequest,
  type ClientUnderTest,
  drip,
  hang,
  ScriptedServer,
  type Step,
} from '@cutout/testing';
import got from 'got';
import { afterEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { builtInFetchClient, undiciClient } from './conformance/undici.ts';

const ADAPTERS = { fetch: fetchClient, axios: axiosClient, undici: undiciClient, 'built-in fetch': builtInFetchClient };
const OPTIONS: HttpPolicyOptions = { retry: false, hedge: hedge({ delayMs: 20, minimumSamples: 0 }) };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(adapter: keyof typeof ADAPTERS, options: HttpPolicyOptions = {}): Promise<ClientUnderTest> {
  const client = await ADAPTERS[adapter]({ ...OPTIONS, ...options });
  closing.push(() => client.close?.());
  return client;
}

async function read(client: ClientUnderTest, url: string, more: Partial<ClientRequest> = {}): Promise<string> {
  const plain = { url, method: 'GET', headers: {}, body: undefined, signal: undefined, cutout: undefined };
  return (await client.send({ ...plain, ...more })).text();
}

const inFlight = ({ policy }: ClientUnderTest): number =>
  [...policy.registry].reduce((sum, breaker) => sum + breaker.evictionInfo(0).inFlight, 0);

async function quiet(client: ClientUnderTest, server: ScriptedServer): Promise<void> {
  for (let i = 0; i < 200 && server.busySockets + inFlight(client) > 0; i++) await new Promise(r => setTimeout(r, 10));
  expect([server.busySockets, inFlight(client)]).toEqual([0, 0]);
}

describe.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])('hedging behind %s', adapter => {
  it('delivers a large body completely, from either request', async () => {
    await using server = await ScriptedServer.start(hang);
    const client = await open(adapter);
    for (const steps of [
      [hang, answer(200, { body: 3_000_000 })],
      [answer(200, { body: 3_000_000, delayMs: 60 }), hang],
    ] satisfies Step[][]) {
      server.next(...steps);
      expect(await read(client, server.url())).toHaveLength(3_000_000);
    }
    expect(server.requests).toHaveLength(4);
    await quiet(client, server);
  });

  it('delivers a body completely that takes longer than the hedge delay', async () => {
    await using server = await ScriptedServer.start(drip(6, 20));
    const client = await open(adapter, { hedge: hedge({ delayMs: 40, minimumSamples: 0 }) });
    expect(await read(client, server.url())).toBe('0\n1\n2\n3\n4\n5\n');
    await quiet(client, server);
  });

  it('leaves no waiting connection and no unsettled call, of a hundred concurrent ones', async () => {
    await using server = await ScriptedServer.start();
    let count = 0;
    server.always(
      () => [answer(200, { body: 'good' }), answer(200, { body: 'good', delayMs: 45 }), hang][count++ % 3] as Step,
    );
    const client = await open(adapter, {
      attemptTimeoutMs: 2_000,
      breaker: { failures: 1_000 },
      retry: { budget: { ratio: 10 } },
    });
    const bodies = await Promise.allSettled(Array.from({ length: 100 }, () => read(client, server.url())));
    for (const body of bodies) if (body.status === 'fulfilled') expect(body.value).toBe('good');
    await quiet(client, server);
  });

  it('does not affect a POST, whose body arrives once', async () => {
    await using server = await ScriptedServer.start(answer(200, { body: 'done', delayMs: 80 }));
    const client = await open(adapter);
    expect(await read(client, server.url(), { method: 'POST', body: 'once' })).toBe('done');
    expect(server.requests.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST once']);
  });
});

it('is refused by got, which makes one request at a time for a call', () => {
  expect(() => breakerHooks({ hedge: hedge() })).toThrow('hedge is not offered behind the got adapter');
  const policy = createHttpPolicy({ hosts: { 'a.example': { hedge: hedge({ delayMs: 5 }) } } });
  expect(() => breakerHooks(policy)).toThrow('hedge is not offered behind the got adapter');
  breakerHooks({ hedge: false });
});

it('as any strategy that needs two requests for one attempt is refused by got', () => {
  const strategies = [{ name: 'mine', needs: ['hedging'] as const }];
  expect(() => breakerHooks({ strategies })).toThrow('mine is not offered behind the got adapter');
  expect(() => breakerHooks({ hosts: { 'a.example': { strategies } } })).toThrow('mine is not offered behind the got');
  breakerHooks({ strategies: [{ name: 'mine' }] });
});

it('is refused by got in the overrides of a call, too', async () => {
  await using server = await ScriptedServer.start();
  const client = got.extend(breakerHooks());
  await expect(client(server.url(), { context: { cutout: { hedge: hedge() } } })).rejects.toThrow(
    'hedge is not offered',
  );
  expect((await client(server.url(), { context: { cutout: { hedge: false } } })).statusCode).toBe(200);
  expect(server.requests).toHaveLength(1);
});
