/** One reader's stream of server-sent events, which a reader that does not read cannot make grow. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Messages wait in our memory for a reader that is slow; with so many bytes waiting, it is given no more. */
const MAX_WAITING = 1024 * 1024;
/** A reader that takes nothing for so long is gone, whatever its connection says. */
const MAX_STALLED_MS = 30_000;

/** Not `connection`, which HTTP/2 forbids. `no-transform`: what compresses would hold messages back. */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export class EventStream {
  readonly #response: ServerResponse;
  #stalledSince: number | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, onEnd: () => void) {
    this.#response = response;
    response.on('close', onEnd);
    // A connection that breaks while we write says so by `close` as well.
    response.on('error', () => undefined);
    request.socket?.setNoDelay?.(true);
    response.writeHead(200, HEADERS);
    response.write('retry: 1000\n\n');
  }

  /** Whether another message makes sense; false while what was sent is still waiting. */
  ready(now: number): boolean {
    if (this.#response.writableLength < MAX_WAITING) {
      this.#stalledSince = undefined;
      return true;
    }
    this.#stalledSince ??= now;
    if (now - this.#stalledSince > MAX_STALLED_MS) this.#response.destroy();
    return false;
  }

  send(event: 'snapshot' | 'diff', data: unknown): void {
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    // Of middleware that compresses all the same.
    (this.#response as { flush?(): void }).flush?.();
  }

  end(): void {
    this.#response.end();
  }
}
