/** A port on which every connection attempt waits forever: neither accepted nor refused. */

import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** Listens, then blocks its thread, so nothing takes a connection out of the system's queue. */
const LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(workerData, 0, 0));
  });`;

/** Connecting over loopback takes less than a millisecond while the queue has room. */
const FULL_AFTER_MS = 100;
const MAX_QUEUE = 64;

/**
 * @example
 * await using server = await NeverAcceptingServer.start();
 * await fetch(server.url(), { signal: AbortSignal.timeout(100) }); // rejects while it connects
 */
export class NeverAcceptingServer implements AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly #listener: Worker;
  readonly #queued: Socket[] = [];

  private constructor(listener: Worker, port: number) {
    this.#listener = listener;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** @throws Error if the system's queue of waiting connections cannot be filled. */
  static async start(): Promise<NeverAcceptingServer> {
    const workerData = new Int32Array(new SharedArrayBuffer(4));
    const listener = new Worker(LISTENER, { eval: true, workerData });
    const port = await new Promise<number>((resolve, reject) => {
      listener.once('message', resolve);
      listener.once('error', reject);
    });
    const server = new NeverAcceptingServer(listener, port);
    await server.#fillQueue(port);
    return server;
  }

  url(path = '/'): string {
    return new URL(path, this.origin).href;
  }

  async close(): Promise<void> {
    for (const socket of this.#queued) socket.destroy();
    await this.#listener.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #fillQueue(port: number): Promise<void> {
    for (let i = 0; i < MAX_QUEUE; i++) {
      const socket = createConnection(port, '127.0.0.1').on('error', () => undefined);
      this.#queued.push(socket);
      const connected = new Promise<boolean>(resolve => socket.once('connect', () => resolve(true)));
      if (!(await Promise.race([connected, sleep(FULL_AFTER_MS, false)]))) return;
    }
    await this.close();
    throw new Error(`the queue of waiting connections took more than ${MAX_QUEUE}`);
  }
}
