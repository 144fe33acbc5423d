/** One reader's stream of server-sent events. A stalled reader cannot make its buffer grow. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Bytes buffered for a slow reader, beyond which it gets no further messages. */
const MAX_WAITING = 1024 * 1024;
/** After this time without reading, a reader counts as gone. */
const MAX_STALLED_MS = 30_000;

/** Without `connection`, which HTTP/2 forbids. `no-transform`: compression would delay messages. */
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
    // A connection that breaks during a write also emits `close`.
    response.on('error', () => undefined);
    request.socket?.setNoDelay?.(true);
    response.writeHead(200, HEADERS);
    response.write('retry: 1000\n\n');
  }

  /** Whether to send another message; false while too much is buffered. */
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
    // Added by middleware that compresses nevertheless.
    (this.#response as { flush?(): void }).flush?.();
  }

  end(): void {
    this.#response.end();
  }
}
