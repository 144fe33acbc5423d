/** A response that another attempt is to follow: kept, if it is small, for a caller who may get it after all. */

import type { CheckedAnswer } from './dispatch-answer.ts';
import type { Controller, HeaderFields } from './handler.ts';

const MAX_KEPT_BYTES = 65_536;

export class HeldResponse {
  readonly status: number;
  readonly #headers: HeaderFields;
  readonly #statusText: string | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #end: Pick<CheckedAnswer, 'trailers' | 'rawHeaders' | 'rawTrailers'> | undefined;

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
    return this.#end !== undefined;
  }

  /** All of it, as it came. */
  get answer(): CheckedAnswer {
    const { status } = this;
    const statusText = this.#statusText ?? '';
    return { status, statusText, headers: this.#headers, body: this.#chunks, ...this.#end };
  }

  /** Takes a piece of the body; false when that makes it too large to keep. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > MAX_KEPT_BYTES) return false;
    this.#chunks.push(chunk);
    return true;
  }

  end(trailers: HeaderFields, { rawHeaders, rawTrailers }: Pick<Controller, 'rawHeaders' | 'rawTrailers'>): void {
    this.#end = { trailers, rawHeaders, rawTrailers };
  }
}
