/** A real server on loopback that answers, resets, hangs, truncates and drips on command. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerOptions, answer, type Step } from './step.ts';

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The body as raw bytes. */
  readonly rawBody: Uint8Array;
  /** When the whole request had arrived, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** A step, or a function that chooses one for each request. */
export type Standing = Step | ((request: SeenRequest) => Step);

export interface ScriptedServerOptions {
  /**
   * Lets pages of any origin call the server, each request on a new connection. Preflights are answered and do not
   * count as requests.
   *
   * @default false
   */
  readonly cors?: boolean;
}

/**
 * @example
 * await using server = await ScriptedServer.start(answer(503));
 * server.next(reset, hang);           // the next two requests
 * server.always(answer(200));         // those after them
 */
export class ScriptedServer implements AsyncDisposable {
  /** Every request that has arrived completely, in order. */
  readonly requests: SeenRequest[] = [];
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly #server: Server;
  readonly #cors: boolean;
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<ServerResponse>();
  readonly #closing = new AbortController();
  #queue: Step[] = [];
  #standing: Standing;
  #socketsSeen = 0;

  private constructor(server: Server, standing: Standing, { cors = false }: ScriptedServerOptions) {
    this.#server = server;
    this.#cors = cors;
    this.#standing = standing;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', socket => this.#watch(socket));
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** Starts on `port`, or a free one. `step` answers every request until `next` or `always` says otherwise. */
  static async start(
    step: Standing = answer(200),
    port = 0,
    options: ScriptedServerOptions = {},
  ): Promise<ScriptedServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new ScriptedServer(server, step, options);
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** Connections that are open now. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Connections on which a request waits for the rest of its answer. */
  get busySockets(): number {
    return this.#busy.size;
  }

  /** All connections since the start. */
  get socketsSeen(): number {
    return this.#socketsSeen;
  }

  /** Sets the step for requests without a queued step. */
  always(step: Standing): void {
    this.#standing = step;
  }

  /** Queues steps for the next requests, one each. */
  next(...steps: Step[]): void {
    this.#queue.push(...steps);
  }

  url(path = '/'): string {
    return new URL(path, this.origin).href;
  }

  /** Stops at once and drops every connection. The port then refuses connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.#server.listening) return;
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #watch(socket: Socket): void {
    this.#socketsSeen += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#cors) allowPages(request, response);
    if (this.#cors && isPreflight(request)) {
      response.writeHead(204).end();
      return;
    }
    this.#busy.add(response);
    response.on('close', () => this.#busy.delete(response));
    try {
      const { method = '', url: path = '', headers } = request;
      const rawBody = await readAll(request);
      const seen: SeenRequest = { method, path, headers, rawBody, body: rawBody.toString(), at: performance.now() };
      this.requests.push(seen);
      const step = this.#queue.shift() ?? this.#standing;
      await this.#play(typeof step === 'function' ? step(seen) : step, response);
    } catch {
      // The client disconnected or the server is closing: an answer has no receiver.
      response.destroy();
    }
  }

  async #play(step: Step, response: ServerResponse): Promise<void> {
    switch (step.kind) {
      case 'answer':
        if (step.delayMs) await this.#sleep(step.delayMs);
        response.writeHead(step.status, headersOf(step.headers));
        response.end(fill(step.body));
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'close':
        response.socket?.destroy();
        return;
      case 'hang':
        return;
      case 'redirect':
        response.writeHead(302, { location: this.#locationOf(step.to) });
        response.end();
        return;
      case 'until-close':
        response.removeHeader('transfer-encoding');
        response.writeHead(200, { connection: 'close' });
        response.write(step.body);
        response.end();
        return;
      case 'break-body':
        return this.#breakBody(step, response);
      case 'drip':
        return this.#drip(step, response);
      default:
        throw new TypeError(`unknown step ${JSON.stringify(step satisfies never)}`);
    }
  }

  #locationOf(to: 'here' | 'elsewhere'): string {
    // A new location each time: some clients take a repeated one for a loop.
    const path = `/redirected/${this.requests.length}`;
    return to === 'here' ? path : `http://localhost:${this.port}${path}`;
  }

  async #breakBody(step: Step & { kind: 'break-body' }, response: ServerResponse): Promise<void> {
    const bytes = step.bytes ?? 1_000;
    response.writeHead(step.status ?? 200, { 'content-length': bytes });
    response.write('x'.repeat(Math.ceil(bytes / 2)));
    // The headers must reach the client before the break does.
    await this.#sleep(20);
    if (step.how === 'reset') response.socket?.resetAndDestroy();
    else if (step.how === 'close') response.socket?.destroy();
  }

  async #drip(step: Step & { kind: 'drip' }, response: ServerResponse): Promise<void> {
    response.writeHead(200);
    for (let i = 0; i < step.chunks; i++) {
      response.write(`${i}\n`);
      await this.#sleep(step.everyMs);
    }
    response.end();
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal });
  }
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function allowPages({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', '*');
  response.setHeader('access-control-allow-methods', headers['access-control-request-method'] ?? '*');
  // An asterisk does not cover `Authorization`.
  response.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*');
  // A browser resends a request by itself when it loses a connection that it has used before.
  response.setHeader('connection', 'close');
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function headersOf(headers: AnswerOptions['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

function fill(body: string | number = ''): string {
  return typeof body === 'number' ? 'x'.repeat(body) : body;
}
