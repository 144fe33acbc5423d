/** One server for many concurrent runs: it answers each run by its script. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Play = (response: ServerResponse, here: string, elsewhere: string) => void;

const FILL = 'x'.repeat(2_000);
const NONSENSE_RETRY_AFTER = [
  '-1',
  '1.5',
  'soon',
  '1e9',
  '',
  '0',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  '99999999999999999999',
];

/** The server's steps. */
export const STEPS = {
  answer: response => response.writeHead(200).end('good'),
  empty: response => response.writeHead(204).end(),
  'large answer': response => response.writeHead(200).end('x'.repeat(300_000)),
  'not found': response => response.writeHead(404).end('missing'),
  unavailable: response => response.writeHead(503).end('bad'),
  overloaded: response => response.writeHead(529).end('bad'),
  'two retry-afters': response =>
    raw(response, 'HTTP/1.1 503 x\r\nRetry-After: 1\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n'),
  'nonsense retry-after': (response, here) => {
    const value = NONSENSE_RETRY_AFTER[Number(here.slice(1, -1)) % NONSENSE_RETRY_AFTER.length];
    response.writeHead(429, { 'retry-after': value }).end();
  },
  'status 999': response => raw(response, 'HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n'),
  'status 000': response => raw(response, 'HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n'),
  'early hints': response => {
    response.writeEarlyHints({ link: '</x>; rel=preload' });
    response.writeHead(200).end('good');
  },
  'switching protocols': response => raw(response, 'HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
  'no HTTP': response => raw(response, 'nonsense\r\n\r\n'),
  'huge headers': response => raw(response, `HTTP/1.1 200 x\r\nX-Huge: ${'x'.repeat(100_000)}\r\n\r\n`),
  'bad gzip': response => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
  reset: response => response.socket?.resetAndDestroy(),
  close: response => response.socket?.destroy(),
  hang: () => undefined,
  'headers and a hang': response => response.writeHead(200, { 'content-length': 4_000 }).write(FILL),
  'broken body': response => {
    response.writeHead(200, { 'content-length': 4_000 }).write(FILL);
    setTimeout(() => response.socket?.resetAndDestroy(), 10);
  },
  'endless body': response => drip(response, Number.POSITIVE_INFINITY),
  'slow body': response => drip(response, 5),
  'late answer': response => setTimeout(() => response.writeHead(200).end('late'), 30),
  'redirect here': (response, here) => response.writeHead(302, { location: `${here}?${Math.random()}` }).end(),
  'redirect elsewhere': (response, _, elsewhere) =>
    response.writeHead(307, { location: `${elsewhere}?${Math.random()}` }).end(),
  'redirect nowhere': response => response.writeHead(302, { location: 'http://[' }).end(),
} satisfies Record<string, Play>;

export type StepName = keyof typeof STEPS;

export class HostileServer {
  readonly #server: Server;
  readonly #scripts = new Map<string, StepName[]>();
  readonly #busy = new Map<string, Set<ServerResponse>>();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => this.#serve(request, response));
    server.on('clientError', (_, socket) => socket.destroy());
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(): Promise<HostileServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new HostileServer(server);
  }

  /** The URL of a run that plays these steps, and repeats the last one. */
  script(run: number, steps: readonly StepName[]): string {
    this.#scripts.set(`${run}`, [...steps]);
    this.#busy.set(`${run}`, new Set());
    return `http://127.0.0.1:${this.#port}/${run}/`;
  }

  /** Requests of a run with an unfinished answer and an open connection. One that the server has ended does not count. */
  busy(run: number): number {
    return [...(this.#busy.get(`${run}`) ?? [])].filter(({ socket }) => !socket?.writableEnded).length;
  }

  /** Removes a run, and drops its connections. */
  forget(run: number): void {
    for (const response of this.#busy.get(`${run}`) ?? []) response.destroy();
    this.#busy.delete(`${run}`);
    this.#scripts.delete(`${run}`);
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const run = request.url?.split('/')[1] ?? '';
    const script = this.#scripts.get(run);
    const busy = this.#busy.get(run);
    // Reading the connection is the only way to see that its client has gone; otherwise its requests stay open.
    request.on('error', () => undefined).resume();
    if (!script || !busy) {
      response.destroy();
      return;
    }
    busy.add(response);
    response.on('close', () => busy.delete(response));
    response.on('error', () => undefined);
    const name = (script.length > 1 ? script.shift() : script[0]) as StepName;
    const play: Play = STEPS[name];
    const path = `/${run}/`;
    const act = (): void => play(response, path, `http://localhost:${this.#port}${path}`);
    // A server may answer before it has read the request.
    if (request.url?.includes('early')) act();
    else request.on('end', act);
  }
}

function raw(response: ServerResponse, text: string): void {
  response.socket?.write(text);
  // What follows on this connection is invalid, unless it is another protocol.
  if (!text.includes('Upgrade')) response.socket?.end();
}

const EVERY_MS = 5;

function drip(response: ServerResponse, chunks: number): void {
  response.writeHead(200);
  let left = chunks;
  const timer = setInterval(() => {
    response.write('drop\n');
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    response.end();
  }, EVERY_MS);
  response.on('close', () => clearInterval(timer));
}
