/** An HTTP/2 server that ends a connection with all its requests. */

import { once } from 'node:events';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { cert, key } from './certificate.ts';

export class DrainingServer implements AsyncDisposable {
  readonly url: string;
  /** Connections so far. */
  sessions = 0;
  /** Requests so far. */
  requests = 0;
  readonly #server: Http2SecureServer;
  readonly #open = new Set<ServerHttp2Session>();
  #waiting: ServerHttp2Stream[] = [];
  #wanted = 0;
  #withHeaders = false;

  private constructor(server: Http2SecureServer) {
    this.#server = server;
    this.url = `https://localhost:${(server.address() as AddressInfo).port}`;
    server.on('sessionError', () => undefined);
    server.on('session', session => {
      this.sessions += 1;
      this.#open.add(session);
      session.on('close', () => this.#open.delete(session));
    });
    server.on('stream', stream => this.#serve(stream as ServerHttp2Stream));
  }

  static async start(): Promise<DrainingServer> {
    const server = createSecureServer({ key, cert });
    await once(server.listen(0, 'localhost'), 'listening');
    return new DrainingServer(server);
  }

  /** Waits for this many more requests, then ends their connection; `afterHeaders`: in the middle of their bodies. */
  drainAfter(requests: number, afterHeaders = false): void {
    this.#wanted = requests;
    this.#withHeaders = afterHeaders;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#open) session.destroy();
    this.#server.close();
  }

  #serve(stream: ServerHttp2Stream): void {
    stream.on('error', () => undefined);
    this.requests += 1;
    if (this.#wanted === 0) {
      stream.respond({ ':status': 200 });
      stream.end('ok');
      return;
    }
    if (this.#withHeaders) {
      stream.respond({ ':status': 200 });
      stream.write('a part');
    }
    this.#waiting.push(stream);
    if (this.#waiting.length === this.#wanted) setTimeout(() => this.#drain(), 20);
  }

  #drain(): void {
    const sessions = new Set(this.#waiting.map(({ session }) => session));
    this.#waiting = [];
    this.#wanted = 0;
    for (const session of sessions) {
      session?.goaway(0);
      session?.destroy();
    }
  }
}
