/** A response that another attempt is to follow: kept, if it is small, for a caller who may get it after all. */

import type { Controller, Handler, HeaderFields } from './handler.ts';

const MAX_KEPT_BYTES = 65_536;

export class HeldResponse {
  readonly status: number;
  readonly #headers: HeaderFields;
  readonly #statusText: string | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #trailers: HeaderFields | undefined;

  constructor(status: number, headers: HeaderFields, statusText: string | undefined) {
    this.status = status;
    this.#headers = headers;
    this.#statusText = statusText;
  }

  /** What a fallback sees of it. */
  get head(): { status: number; headers: HeaderFields } {
    return { status: this.status, headers: this.#headers };
  }

  /** Whether it has arrived whole and can be handed out. */
  get intact(): boolean {
    return this.#trailers !== undefined;
  }

  /** Takes a piece of the body; false when that makes it too large to keep. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > MAX_KEPT_BYTES) return false;
    this.#chunks.push(chunk);
    return true;
  }

  end(trailers: HeaderFields): void {
    this.#trailers = trailers;
  }

  replay(handler: Handler, controller: Controller): void {
    handler.onResponseStart?.(controller, this.status, this.#headers, this.#statusText);
    for (const chunk of this.#chunks) handler.onResponseData?.(controller, chunk);
    handler.onResponseEnd?.(controller, this.#trailers ?? {});
  }
}
