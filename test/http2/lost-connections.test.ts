/** A lost HTTP/2 connection with many requests is one failure of the host with every adapter. */

import * as tls from 'node:tls';
import { rate } from '@cutout/core';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicy, HttpPolicyOptions } from '@cutout/http';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';
import got from 'got';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { cert } from './certificate.ts';
import { DrainingServer } from './draining-server.ts';

const MANY = 10;

type Options = Pick<HttpPolicyOptions, 'retry' | 'breaker'>;

interface Client {
  readonly policy: HttpPolicy;
  get(url: string): Promise<unknown>;
  close?(): Promise<void>;
}

const clients: Record<string, (options: Options) => Client> = {
  undici: options => {
    const interceptor = breakerInterceptor(options);
    const agent = new Agent({ connections: 1, allowH2: true, pipelining: 100, connect: { ca: cert } });
    const dispatcher = agent.compose(interceptor as never);
    return {
      policy: interceptor.policy,
      get: async url => (await request(url, { dispatcher })).body.text(),
      close: () => agent.destroy(),
    };
  },
  'got with http2': options => {
    const hooks = breakerHooks(options);
    const client = got.extend({ http2: true, retry: { limit: 0 }, https: { certificateAuthority: cert } }, hooks);
    return { policy: hooks.policy, get: url => client(url).text() };
  },
};

/** Node 26's fetch offers HTTP/2 by default, that of Node 22 and 24 does not. */
if (Number.parseInt(process.versions['undici'] ?? '', 10) >= 8) {
  tls.setDefaultCACertificates([...tls.getCACertificates(), cert]);
  clients['createFetch'] = options => {
    const client = createFetch(options);
    return { policy: client.policy, get: async url => (await client(url)).text() };
  };
  clients['the global dispatcher'] = options => {
    const uninstall = installGlobalDispatcher({ retry: {}, ...options });
    return {
      policy: uninstall.policy,
      get: async url => (await fetch(url)).text(),
      close: async () => uninstall(),
    };
  };
}

const retry = { backoff: () => 1 };

describe.each(Object.entries(clients))('%s', (_, make) => {
  it('retries all requests of a lost connection, and the circuit stays closed', async () => {
    await using server = await DrainingServer.start();
    const { policy, get, close } = make({ retry });
    await get(server.url);
    server.drainAfter(MANY);
    const answers = await Promise.all(Array.from({ length: MANY }, () => get(server.url)));
    expect(answers).toEqual(Array(MANY).fill('ok'));
    expect(policy.breaker(server.url).state).toBe('closed');
    expect(policy.metricsOf(server.url)?.answers).toMatchObject({ failure: 1, success: MANY + 1 });
    await close?.();
  });

  it('opens after five such losses', async () => {
    await using server = await DrainingServer.start();
    const trip = rate({ failureRatio: 0.5, minimumCalls: 10, window: { type: 'count', size: 10 } });
    const { policy, get, close } = make({ retry: false, breaker: { trip } });
    for (let loss = 1; loss <= 5; loss++) {
      // Opens the connection: without one, a client may open one per request.
      await get(server.url);
      server.drainAfter(3);
      const ends = await Promise.allSettled([1, 2, 3].map(() => get(server.url)));
      expect(ends.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
      expect(policy.metricsOf(server.url)?.answers).toMatchObject({ success: loss, failure: loss });
    }
    expect(policy.breaker(server.url).state).toBe('open');
    await close?.();
  });

  it('counts one failure for all bodies that break with one connection', async () => {
    await using server = await DrainingServer.start();
    const { policy, get, close } = make({ retry: false });
    await get(server.url);
    server.drainAfter(MANY, true);
    const ends = await Promise.allSettled(Array.from({ length: MANY }, () => get(server.url)));
    expect(ends.map(({ status }) => status)).toEqual(Array(MANY).fill('rejected'));
    expect(policy.breaker(server.url).state).toBe('closed');
    await close?.();
  });
});
