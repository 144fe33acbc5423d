/** Every way that undici has of sending a request, under the adapter: answered, failing, refused, and no permit left behind. */

import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { pipeline as flow } from 'node:stream/promises';
import { answer, ScriptedServer } from '@cutout/testing';
import { Agent, type Dispatcher, EventSource, Pool, ProxyAgent, pipeline, request, WebSocket } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerInterceptor, breakerInterceptor } from './breaker-interceptor.ts';

let server: ScriptedServer;
let breaker: BreakerInterceptor;
let dispatcher: Dispatcher;
let agent: Agent;
const open: Server[] = [];

beforeEach(async () => {
  server = await ScriptedServer.start();
  breaker = breakerInterceptor({ retry: false, breaker: { failures: 1 } });
  agent = new Agent();
  dispatcher = agent.compose(breaker as never);
});
afterEach(async () => {
  expect([...breaker.policy.registry].reduce((sum, each) => sum + each.evictionInfo(0).inFlight, 0)).toBe(0);
  await agent.destroy();
  await server.close();
  for (const each of open.splice(0)) {
    each.closeAllConnections();
    each.close();
  }
});

async function listen(own: Server): Promise<string> {
  open.push(own);
  await new Promise<void>(resolve => own.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(own.address() as AddressInfo).port}`;
}

const states = (): string[] => [...breaker.policy.registry].map(({ state }) => state);
const codeOf = (error: unknown): unknown => (error as { code?: string }).code;

it('pipeline sends a stream and reads the answer; refused, it destroys what it was given', async () => {
  server.always(answer(200, { body: 'hello' }));
  const send = () => pipeline(server.url(), { dispatcher, method: 'POST' }, ({ body }) => body as never);
  const out = new PassThrough();
  await flow(Readable.from(['a', 'b']), send(), out);
  expect(String(out.read())).toBe('hello');
  expect(server.requests[0]?.body).toBe('ab');
  breaker.policy.breaker(server.origin).isolate();
  const source = Readable.from(['a', 'b']);
  expect(codeOf(await flow(source, send(), new PassThrough()).catch(error => error))).toBe('ERR_CIRCUIT_OPEN');
  expect(source.destroyed).toBe(true);
});

describe('a WebSocket', () => {
  it('counts at its answer, whatever travels through it then', async () => {
    const own = createServer((_, response) => response.writeHead(503).end());
    own.on('upgrade', ({ headers }, socket) => {
      const key = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      const accept = `Sec-WebSocket-Accept: ${key.digest('base64')}`;
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n\r\n`,
      );
      setTimeout(() => socket.destroy(), 20);
    });
    const socket = new WebSocket((await listen(own)).replace('http', 'ws'), { dispatcher });
    await new Promise(resolve => socket.addEventListener('open', resolve));
    expect(states()).toEqual(['closed']);
    await new Promise(resolve => socket.addEventListener('close', resolve));
    expect(states()).toEqual(['closed']);
  });

  it('that is refused at the port opens the circuit, and the next one is not sent', async () => {
    server.always(answer(503));
    const failing = (): Promise<unknown> => {
      const socket = new WebSocket(server.url().replace('http', 'ws'), { dispatcher });
      return new Promise(resolve => socket.addEventListener('error', resolve));
    };
    await failing();
    expect(states()).toEqual(['open']);
    await failing();
    expect(server.requests).toHaveLength(1);
  });
});

it('an EventSource that is open holds no permit', async () => {
  const own = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
  });
  const source = new EventSource(await listen(own), { dispatcher, node: { dispatcher } } as never);
  await new Promise(resolve => source.addEventListener('message', resolve));
  expect(states()).toEqual(['closed']);
  source.close();
});

describe('a tunnel by CONNECT', () => {
  it('counts at its answer', async () => {
    const own = createServer();
    own.on('connect', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    const { socket, statusCode } = await dispatcher.connect({ origin: await listen(own), path: 'a.example:443' });
    socket.on('error', () => undefined).destroy();
    expect([statusCode, states()]).toEqual([200, ['closed']]);
  });
});

describe('a ProxyAgent', () => {
  it('is keyed by the target, whose circuit the failures of the proxy open', async () => {
    const proxy = createServer((incoming, response) => {
      const onward = httpRequest(String(incoming.url), { method: incoming.method, headers: incoming.headers }, back => {
        response.writeHead(back.statusCode ?? 0, back.headers);
        back.pipe(response);
      });
      incoming.pipe(onward);
    });
    proxy.on('connect', (incoming, socket) => {
      const { hostname, port } = new URL(`http://${incoming.url}`);
      const onward = connectTo(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      for (const each of [onward, socket]) each.on('error', () => undefined);
    });
    const url = await listen(proxy);
    const agentOfProxy = new ProxyAgent(url);
    const through = agentOfProxy.compose(breaker as never);
    const { statusCode, body } = await request(server.url(), { dispatcher: through });
    await body.dump();
    expect([statusCode, breaker.policy.breaker(server.origin).state]).toEqual([200, 'closed']);
    await agentOfProxy.destroy();
    proxy.closeAllConnections();
    await new Promise(resolve => proxy.close(resolve));
    const dead = new ProxyAgent(url);
    await request(server.url(), { dispatcher: dead.compose(breaker as never) }).catch(() => undefined);
    expect(breaker.policy.breaker(server.origin).state).toBe('open');
    await dead.close();
  });
});

it('a Pool works as an Agent does', async () => {
  const pool = new Pool(server.origin);
  const own = breakerInterceptor({ retry: false }, { origin: server.origin });
  const composed = pool.compose(own as never);
  server.always(answer(503));
  for (let i = 0; i < 5; i++) await (await composed.request({ path: '/', method: 'GET' })).body.dump();
  expect(codeOf(await composed.request({ path: '/', method: 'GET' }).catch(error => error))).toBe('ERR_CIRCUIT_OPEN');
  await pool.destroy();
});
