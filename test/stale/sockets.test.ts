/** The route is part of a stale answer's key: unix sockets, proxies and agents have separate answers. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { createHttpPolicy, type HttpPolicy } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, Client, ProxyAgent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const closing: (() => unknown)[] = [];
let sockets: string[];
let ports: number[];
let isDown: boolean;

/** Two servers, each on a unix socket and a port, with different answers, and none to a proxy's CONNECT. */
beforeEach(async () => {
  isDown = false;
  const folder = await mkdtemp(join(tmpdir(), 'cutout-'));
  closing.push(() => rm(folder, { recursive: true }));
  sockets = [];
  ports = [];
  for (const name of ['a', 'b']) {
    const socket = join(folder, name);
    for (const address of [{ path: socket }, { port: 0, host: '127.0.0.1' }]) {
      const server = createServer((_request, response) => {
        response.writeHead(isDown ? 503 : 200).end(isDown ? 'down' : name);
      });
      await new Promise<void>(resolve => server.listen(address, resolve));
      const at = server.address();
      if (typeof at === 'object' && at) ports.push(at.port);
      closing.push(() => new Promise(resolve => server.close(resolve)));
      closing.push(() => server.closeAllConnections());
    }
    sockets.push(socket);
  }
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const URL_OF_BOTH = 'http://host.example/';

/** The answers through each of two routes to one URL. */
type Ways = (policy: HttpPolicy, ways: readonly string[]) => readonly (() => Promise<string>)[];

const throughAxios = (config: (way: string) => object): Ways => {
  return (policy, ways) => {
    const client = axios.create({ validateStatus: null });
    attachBreaker(client, policy);
    return ways.map(way => async () => String((await client.get(URL_OF_BOTH, config(way))).data));
  };
};

const throughUndici = (dispatcher: (way: string) => Agent | Client | ProxyAgent): Ways => {
  return (policy, ways) =>
    ways.map(way => {
      const own = dispatcher(way);
      closing.push(() => own.destroy());
      const guarded = own.compose(breakerInterceptor(policy));
      return async () => (await request(URL_OF_BOTH, { dispatcher: guarded })).body.text();
    });
};

const SOCKETS: Readonly<Record<string, Ways>> = {
  axios: throughAxios(socketPath => ({ socketPath })),
  got: (policy, ways) => {
    const client = got.extend(
      { retry: { limit: 0 }, throwHttpErrors: false, enableUnixSockets: true },
      breakerHooks(policy),
    );
    return ways.map(way => () => client(`http://unix:${way}:/`).text());
  },
  'undici Agent': throughUndici(socketPath => new Agent({ connect: { socketPath } })),
  'undici Client': throughUndici(socketPath => new Client(URL_OF_BOTH, { connect: { socketPath } })),
  'fetch with a dispatcher': (policy, ways) => {
    const fetch = createFetch(policy);
    return ways.map(socketPath => {
      const dispatcher = new Agent({ connect: { socketPath } });
      closing.push(() => dispatcher.destroy());
      return async () => (await fetch(URL_OF_BOTH, { dispatcher } as RequestInit)).text();
    });
  },
};

const PROXIES: Readonly<Record<string, Ways>> = {
  axios: throughAxios(port => ({ proxy: { host: '127.0.0.1', port: Number(port) } })),
  'undici ProxyAgent': throughUndici(port => new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: false })),
};

async function expectApart(ways: Ways, names: readonly string[]): Promise<void> {
  const policy = createHttpPolicy({ retry: false, stale: staleIfError(), breaker: { mode: 'off' } });
  const calls = ways(policy, names);
  const [first, second] = calls;
  expect(await first?.()).toBe('a');
  isDown = true;
  expect(await second?.()).toBe('down');
  isDown = false;
  expect(await second?.()).toBe('b');
  isDown = true;
  expect(await Promise.all(calls.map(call => call()))).toEqual(['a', 'b']);
}

describe('stale answers of one URL', () => {
  it.each(Object.entries(SOCKETS))('through two unix sockets behind %s are separate', (_, ways) => {
    return expectApart(ways, sockets);
  });

  it.each(Object.entries(PROXIES))('through two proxies behind %s are separate', (_, ways) => {
    return expectApart(ways, ports.map(String));
  });
});

it('got: with a hook after ours that identifies the caller nothing is kept or served', async () => {
  const policy = createHttpPolicy({ retry: false, stale: staleIfError(), breaker: { mode: 'off' } });
  let user = 'alice';
  const naming = {
    hooks: {
      beforeRequest: [({ headers }: { headers: object }) => void Object.assign(headers, { 'x-user-id': user })],
    },
  };
  const client = got.extend({ retry: { limit: 0 }, throwHttpErrors: false }, breakerHooks(policy), naming as never);
  const url = `http://127.0.0.1:${ports[0]}/`;
  expect(await client(url).text()).toBe('a');
  isDown = true;
  user = 'bob';
  expect(await client(url).text()).toBe('down');
  user = 'alice';
  expect(await client(url).text()).toBe('down');
});
