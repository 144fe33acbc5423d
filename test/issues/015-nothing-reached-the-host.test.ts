/** Connections that were never made: which host counts a failure, and what may be sent again. */

import { createServer, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicy, HttpPolicyOptions } from '@cutout/http';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, ProxyAgent, request } from 'undici';
import { describe, expect, it } from 'vitest';

interface Poster {
  readonly policy: HttpPolicy;
  readonly post: (url: string) => Promise<unknown>;
}

const POSTERS: Record<string, (options: HttpPolicyOptions<never>) => Poster> = {
  fetch(options) {
    const fetch = createFetch(options);
    return { policy: fetch.policy, post: url => fetch(url, { method: 'POST', body: 'x' }) };
  },
  axios(options) {
    const instance = axios.create();
    const { policy } = attachBreaker(instance, options);
    return { policy, post: url => instance.post(url, 'x') };
  },
  got(options) {
    const hooks = breakerHooks(options);
    return { policy: hooks.policy, post: url => got.extend(hooks).post(url, { body: 'x' }) };
  },
  undici(options) {
    const interceptor = breakerInterceptor(options);
    const dispatcher = new Agent().compose(interceptor as never);
    return { policy: interceptor.policy, post: url => request(url, { method: 'POST', body: 'x', dispatcher }) };
  },
};

async function unusedPort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

describe('a POST to a named host that refuses', () => {
  for (const [name, make] of Object.entries(POSTERS)) {
    it(`is sent three times behind ${name}: the error is of the first hop`, async () => {
      const { policy, post } = make({ retry: { backoff: () => 1 } });
      const origin = `http://localhost:${await unusedPort()}`;
      await expect(post(`${origin}/x`)).rejects.toThrow();
      expect(policy.metricsOf(origin)).toMatchObject({ retries: 2, answers: { failure: 3 } });
    });
  }
});

describe('a unix socket that does not exist yet', () => {
  it('is retried, even for a POST: nothing was sent', async () => {
    const socketPath = join(tmpdir(), `cutout-${process.pid}.sock`);
    const server: Server = createServer((incoming, response) => incoming.resume().on('end', () => response.end('ok')));
    const instance = axios.create();
    let tries = 0;
    const { policy } = attachBreaker(instance, {
      retry: {
        backoff: () => {
          tries += 1;
          if (!server.listening) server.listen(socketPath);
          return 50;
        },
      },
    });
    try {
      const { status } = await instance.post('http://localhost/x', 'x', { socketPath });
      expect([status, policy.metrics().keys.length]).toEqual([200, 1]);
      expect(tries).toBeGreaterThan(0);
    } finally {
      await new Promise(resolve => server.close(resolve));
    }
  });
});

describe('a proxy that refuses to connect', () => {
  for (const [status, connects] of [
    [407, 1],
    [503, 3],
  ] as const) {
    it(`with ${status} gets ${connects} CONNECTs for a POST, and the host counts nothing`, async () => {
      let seen = 0;
      const proxy = createServer().on('connect', (_, socket) => {
        seen += 1;
        socket.on('error', () => undefined).end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      });
      await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
      const { port } = proxy.address() as { port: number };
      const interceptor = breakerInterceptor({ retry: { backoff: () => 1 } });
      const agent = new ProxyAgent({ uri: `http://127.0.0.1:${port}` });
      const dispatcher = agent.compose(interceptor as never);
      await expect(request('https://api.example/x', { method: 'POST', body: 'x', dispatcher })).rejects.toThrow();
      expect(seen).toBe(connects);
      expect(interceptor.policy.metricsOf('https://api.example')?.answers.failure).toBe(0);
      await agent.destroy();
      await new Promise(resolve => proxy.close(resolve));
    });
  }
});
