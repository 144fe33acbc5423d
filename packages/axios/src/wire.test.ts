import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bulkhead } from '@cutout/http';
import { answer, redirect, reset, ScriptedServer } from '@cutout/testing';
import axios, { type AxiosRequestConfig } from 'axios';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AxiosAdapterOptions, attachBreaker, type Detach } from './attach-breaker.ts';

let server: ScriptedServer;
let directory: string;
const open: (Server | ReturnType<typeof createNetServer>)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
  directory = mkdtempSync(join(tmpdir(), 'cutout-'));
});
afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  rmSync(directory, { recursive: true });
  await server.close();
});

async function listen(listener: RequestListener, where: string | number = 0): Promise<string> {
  const host = createServer({ keepAlive: false }, listener);
  open.push(host);
  await once(typeof where === 'string' ? host.listen(where) : host.listen(where, '127.0.0.1'), 'listening');
  return typeof where === 'string' ? where : `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
}

/** Its fetch adapter takes no fetch of the config's, and its http adapter makes no tunnel through a proxy. */
const isOld = axios.VERSION.startsWith('1.7.');

function make(options: AxiosAdapterOptions = {}, own: AxiosRequestConfig = {}) {
  const client = axios.create({ baseURL: server.origin, proxy: false, ...own });
  const detach = attachBreaker(client, { retry: false, breaker: { failures: 1 }, ...options });
  return { client, detach };
}
const keysOf = ({ policy }: Detach): string[] => [...policy.registry].map(({ key }) => key);
const keyOf = (path: string): string => `http+unix://${encodeURIComponent(path)}`;

describe('a unix socket', () => {
  const ok: RequestListener = (_, response) => response.end('ok');
  const down: RequestListener = (_, response) => response.writeHead(503).end();

  it('has a circuit of its own, whatever the URL says', async () => {
    const [one, two] = [await listen(ok, join(directory, 'one')), await listen(down, join(directory, 'two'))];
    const { client, detach } = make({}, { validateStatus: null });
    for (const socketPath of [one, two]) await client.get('http://localhost/x', { socketPath });
    const byAgent = { httpAgent: new http.Agent({ socketPath: two } as http.AgentOptions) };
    await expect(client.get('http://other/y', byAgent)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    const path = { socketPath: one, baseURL: '' };
    const seen = [client, axios.create()].map(each => each.get('/only/a/path', path).then(({ data }) => data, String));
    expect(await seen[0]).toBe(await seen[1]);
    expect(keysOf(detach)).toEqual([keyOf(one), keyOf(two)]);
  });

  it('is nothing to the fetch adapter, and a bad one to axios itself', async () => {
    const { client, detach } = make();
    await client.get('/', { socketPath: join(directory, 'x'), adapter: 'fetch' });
    expect(keysOf(detach)).toEqual([server.origin]);
    const bad = client.get('/', { socketPath: 7 as never });
    await expect(bad).rejects.toThrow();
    expect(keysOf(detach)).toEqual([server.origin]);
  });

  it('that is not there yet is tried again, a POST too', async () => {
    const path = join(directory, 'late');
    const { client, detach } = make({ retry: { backoff: () => 1 }, breaker: {} });
    let begun: Promise<unknown> | undefined;
    detach.policy.subscribe(event => {
      if (event.type === 'retry') begun ??= listen(ok, path);
    });
    // The daemon listens within the same turn as the wait begins.
    const { status } = await client.post('http://localhost/x', { a: 1 }, { socketPath: path });
    await begun;
    expect(status).toBe(200);
  });
});

describe('a redirect to another origin', () => {
  const adapters = isOld ? (['http'] as const) : (['http', 'fetch'] as const);
  it.each(adapters)('is the good answer of the first, with the %s adapter', async adapter => {
    const stranger = await listen((_, response) => response.writeHead(503, { 'retry-after': '86400' }).end());
    server.always(answer(302, { headers: { location: stranger } }));
    const { client, detach } = make({}, { adapter });
    for (let i = 0; i < 3; i++) {
      await expect(client.get('/')).rejects.toMatchObject({ response: { status: 503 } });
    }
    expect(detach.policy.metricsOf(server.origin)?.answers).toEqual({ success: 3, failure: 0, ignore: 0 });
    expect(keysOf(detach)).toEqual([server.origin]);
  });

  it('within one origin counts as ever', async () => {
    server.next(redirect('here'), answer(503));
    const { client, detach } = make();
    await expect(client.get('/')).rejects.toThrow();
    expect(detach.policy.breaker(server.origin).state).toBe('open');
  });
});

describe('Retry-After', () => {
  it.each(['http', 'fetch'] as const)('that comes twice is none, with the %s adapter', async adapter => {
    server.next(answer(503, { headers: { 'retry-after': ['60', '60'] } }));
    const { client } = make({ retry: { backoff: () => 1 }, breaker: {} }, { adapter });
    expect((await client.get('/')).status).toBe(200);
  });

  it('is read in any case of its letters', async () => {
    const adapter = async (config: AxiosRequestConfig) =>
      ({ status: 503, statusText: '', headers: { 'Retry-After': '60' }, data: '', config }) as never;
    const { client, detach } = make({}, { adapter, validateStatus: null });
    await client.get('/');
    expect(detach.policy.breaker(server.origin).snapshot().remainingMs).toBeGreaterThan(50_000);
  });
});

describe('a POST whose connection is refused', () => {
  it('by a named host is tried again: no redirect was followed', async () => {
    await server.close();
    const retries: unknown[] = [];
    const url = `http://localhost:${server.port}/`;
    const { client, detach } = make({ retry: { backoff: () => 1, maxRetries: 2, budget: false }, breaker: {} });
    detach.policy.subscribe(event => event.type === 'retry' && retries.push(event));
    await expect(client.post(url, { a: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(retries).toHaveLength(2);
    server = await ScriptedServer.start();
  });

  it('after a redirect is not', async () => {
    const gone = await ScriptedServer.start();
    await gone.close();
    server.always(answer(307, { headers: { location: gone.origin } }));
    const { client } = make({ retry: { backoff: () => 1 }, breaker: {} });
    await expect(client.post('/', { a: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(server.requests).toHaveLength(1);
  });
});

describe("a proxy's refusal", () => {
  async function proxyThat(status: number): Promise<{ proxy: AxiosRequestConfig['proxy']; seen: () => number }> {
    let seen = 0;
    const refuse = (socket: { end(text: string): unknown }): void => {
      seen += 1;
      socket.end(`HTTP/1.1 ${status} no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    };
    const host = createServer((_, response) => {
      seen += 1;
      response.writeHead(status).end();
    }).on('connect', (_, socket) => refuse(socket));
    open.push(host);
    await once(host.listen(0, '127.0.0.1'), 'listening');
    const { port } = host.address() as AddressInfo;
    return { proxy: { host: '127.0.0.1', port, protocol: 'http' }, seen: () => seen };
  }
  const RETRY = { retry: { backoff: () => 1, maxRetries: 2, budget: false } } as const;

  it.each(['http', 'https'])('of 407 is not charged to the %s host, and not tried again', async scheme => {
    const { proxy, seen } = await proxyThat(407);
    const { client, detach } = make(RETRY);
    const call = client.get(`${scheme}://target.test/`, { proxy: proxy as never });
    await expect(call).rejects.toMatchObject({ response: { status: 407 } });
    expect(seen()).toBe(1);
    expect(detach.policy.metricsOf(`${scheme}://target.test`)?.answers).toEqual({ success: 0, failure: 0, ignore: 1 });
  });

  it('of a tunnel is not charged to the host, and tried again: nothing was sent', async () => {
    const { proxy, seen } = await proxyThat(503);
    const { client, detach } = make(RETRY);
    const call = client.post('https://target.test/', { a: 1 }, { proxy: proxy as never });
    await expect(call).rejects.toMatchObject({ response: { status: 503 } });
    // Without a tunnel the proxy's answer cannot be told from the host's.
    expect(seen()).toBe(isOld ? 1 : 3);
    const answers = isOld ? { success: 0, failure: 1, ignore: 0 } : { success: 0, failure: 0, ignore: 3 };
    expect(detach.policy.metricsOf('https://target.test')?.answers).toEqual(answers);
  });
});

describe('a status that does not exist', () => {
  it.each([0, 99, 600, 999])('(%i) is a failure', async status => {
    const raw = createNetServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(`HTTP/1.1 ${String(status).padStart(3, '0')} X\r\ncontent-length: 0\r\n\r\n`),
      );
    });
    open.push(raw);
    await once(raw.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
    for (const adapter of ['http', 'fetch'] as const) {
      const { client, detach } = make({ attemptTimeoutMs: 5_000 }, { adapter, validateStatus: null });
      await client.get(url).catch(() => undefined);
      expect(detach.policy.metricsOf(url)?.answers, adapter).toEqual({ success: 0, failure: 1, ignore: 0 });
    }
  });
});

it('a server that switches protocols ends by the limit', async () => {
  const raw = createNetServer(socket => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
  });
  open.push(raw);
  await once(raw.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  const { client, detach } = make({ attemptTimeoutMs: 100, bulkhead: bulkhead({ maxConcurrent: 1 }) });
  await client.get(url).catch(() => undefined);
  expect(detach.policy.breaker(url).evictionInfo(0).inFlight).toBe(0);
  expect(detach.policy.metricsOf(url)?.bulkhead?.inFlight).toBe(0);
});

describe('a form that is sent again', () => {
  const form = (): FormData => {
    const data = new FormData();
    data.append('a "b"\n', 'one\ntwo');
    data.append('file', new Blob(['three'], { type: 'text/plain' }), 'x.txt');
    return data;
  };

  it.each(['http', 'fetch'] as const)('is the same byte for byte, with the %s adapter', async adapter => {
    server.next(reset, answer(503));
    const { client } = make({ retry: { backoff: () => 1 }, breaker: {} }, { adapter });
    await client.put('/', form());
    const [first, ...others] = server.requests.map(({ body, headers }) => [body, headers['content-type']]);
    expect(others).toEqual([first, first]);
    const parsed = await new Response(first?.[0], { headers: { 'content-type': String(first?.[1]) } }).formData();
    expect(parsed.get('a "b"\n') ?? parsed.get('a "b"\r\n')).toBe('one\r\ntwo');
    expect(await (parsed.get('file') as File).text()).toBe('three');
    expect((parsed.get('file') as File).type).toBe('text/plain');
  });

  it('keeps the boundary of the caller, and is no affair of ours where nothing is tried again', async () => {
    const { client } = make({ retry: { backoff: () => 1 }, breaker: {} });
    server.next(answer(503));
    await client.put('/', form(), { headers: { 'Content-Type': 'multipart/form-data; boundary=0123456789abc' } });
    expect(server.requests.map(({ headers }) => headers['content-type']?.match(/boundary=(.*)/)?.[1])).toEqual([
      '0123456789abc',
      '0123456789abc',
    ]);
    const { client: once } = make();
    await once.post('/', form());
    expect(server.requests.at(-1)?.headers['content-type']).not.toContain('cutout');
  });
});
