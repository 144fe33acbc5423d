/** What the end of an attempt says about the host, where only got's errors and Node's sockets show it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, Agent as HttpAgent, type Server } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, ScriptedServer } from '@cutout/testing';
import got, { type Got } from 'got';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

const ONE = { failures: 1 } as const;

function make(options: GotOptions = {}): { client: Got; hooks: BreakerHooks } {
  const hooks = breakerHooks({ retry: { backoff: () => 1 }, breaker: ONE, ...options });
  return { client: got.extend(hooks), hooks };
}

const answersOf = ({ policy }: BreakerHooks): unknown => policy.metrics().keys[0]?.answers;

describe('a shortage of this machine', () => {
  for (const code of ['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'ERR_ACCESS_DENIED']) {
    it(`says nothing of the host (${code})`, async () => {
      const { client, hooks } = make();
      const failing = Object.assign(new HttpAgent(), {
        createConnection: () => {
          throw Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' });
        },
      });
      const call = client('http://a.example', { agent: { http: failing as never } });
      await expect(call).rejects.toMatchObject({ code });
      expect(answersOf(hooks)).toEqual({ success: 0, failure: 0, ignore: 1 });
    });
  }
});

describe("a proxy's answer to CONNECT, which an agent hands on as if it were the host's", () => {
  /** As `https-proxy-agent` does: it replays the bytes on a socket that was never connected. */
  class Replaying extends Agent {
    readonly #status: number;
    calls = 0;
    constructor(status: number) {
      super();
      this.#status = status;
    }
    override createConnection(_: RequestOptions): Socket {
      this.calls += 1;
      const socket = new Socket({ writable: false });
      setImmediate(() => {
        socket.push(`HTTP/1.1 ${this.#status} Refused\r\ncontent-length: 0\r\n\r\n`);
        socket.push(null);
      });
      return socket;
    }
  }

  it('is not charged to the host: a 407 is never tried again, another is', async () => {
    for (const [status, calls] of [
      [407, 1],
      [502, 3],
    ] as const) {
      const { client, hooks } = make();
      const agent = new Replaying(status);
      const end = await client.post('https://a.example', {
        json: {},
        agent: { https: agent as never },
        throwHttpErrors: false,
      });
      expect([end.statusCode, agent.calls]).toEqual([status, calls]);
      expect(answersOf(hooks)).toEqual({ success: 0, failure: 0, ignore: calls });
    }
  });
});

describe('a Retry-After that came twice', () => {
  it('is none: our own back-off counts', async () => {
    await using server = await ScriptedServer.start();
    const { client } = make({ breaker: {}, retry: { backoff: () => 1 } });
    server.next(answer(503, { headers: { 'retry-after': ['60', '60'] } }));
    expect((await client(server.url())).statusCode).toBe(200);
  });
});

describe('a unix socket that is not there yet', () => {
  let dir: string;
  let late: Server;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'got-'));
    late = createServer((_, response) => response.end('ready'));
  });
  afterEach(() => {
    late.close();
    rmSync(dir, { recursive: true });
  });

  it('is tried again, with a POST as well: nothing was sent', async () => {
    const socket = join(dir, 'late.sock');
    const hooks = breakerHooks({ retry: { backoff: () => 1, maxRetries: 1 } });
    const starting = vi.fn(() => new Promise<void>(resolve => late.listen(socket, resolve)));
    const client = got.extend(hooks, { enableUnixSockets: true, hooks: { beforeRetry: [starting] } });
    expect(await client.post(`http://unix:${socket}:/`, { json: {} }).text()).toBe('ready');
    expect(starting).toHaveBeenCalledTimes(1);
  });
});
