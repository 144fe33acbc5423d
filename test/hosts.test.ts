/** Options per host, the same with every adapter. */

import type { HttpPolicyOptions } from '@cutout/http';
import { answer, type ClientUnderTest, hang, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { undiciClient } from './conformance/undici.ts';

const adapters = { fetch: fetchClient, axios: axiosClient, got: gotClient, undici: undiciClient };

let servers: [own: ScriptedServer, other: ScriptedServer];
beforeEach(async () => {
  servers = [await ScriptedServer.start(answer(503)), await ScriptedServer.start(answer(503))];
});
afterEach(() => Promise.all(servers.map(server => server.close())));

async function send(client: ClientUnderTest, server: ScriptedServer): Promise<number | string> {
  try {
    const request = { url: server.url(), method: 'GET', headers: {}, body: undefined, signal: undefined };
    const answered = await client.send({ ...request, cutout: undefined });
    await answered.text();
    return answered.status;
  } catch (error) {
    return (error as { code?: string }).code ?? 'failed';
  }
}

describe.each(Object.entries(adapters))('behind %s, a host', (_name, adapter) => {
  /** An adapter whose policy has options for the first server. */
  const make = (
    own: NonNullable<HttpPolicyOptions['hosts']>[string],
    more: HttpPolicyOptions = {},
  ): ClientUnderTest => {
    const { host } = new URL(servers[0].origin);
    return adapter({ retry: { backoff: () => 1 }, ...more, hosts: { [host]: own } });
  };

  it('has its own retries', async () => {
    const client = make({ retry: { maxRetries: 1 } });
    for (const server of servers) await send(client, server);
    expect(servers.map(server => server.requests.length)).toEqual([2, 3]);
    await client.close?.();
  });

  it('has its own failures and breaker', async () => {
    const client = make({ failureStatus: [500] }, { retry: false, breaker: { failures: 2 } });
    const answers: unknown[] = [];
    for (let i = 0; i < 3; i++) for (const server of servers) answers.push(await send(client, server));
    expect(answers.slice(0, 5)).toEqual([503, 503, 503, 503, 503]);
    expect(servers.map(server => client.policy.breaker(server.origin).state)).toEqual(['closed', 'open']);
    await client.close?.();
  });

  it('has its own time limit', async () => {
    for (const server of servers) server.always(hang);
    const client = make({ attemptTimeoutMs: 50 }, { retry: false, attemptTimeoutMs: 20_000 });
    const waiting = send(client, servers[1]);
    const first = await Promise.race([send(client, servers[0]), waiting]);
    expect(first).not.toBe(200);
    expect(client.policy.breaker(servers[0].origin).explain().trips).toMatchObject([{ failures: 1 }]);
    expect(client.policy.breaker(servers[1].origin).explain().trips).toMatchObject([{ failures: 0 }]);
    await servers[1].close();
    await waiting;
    await client.close?.();
  });
});
