/** A response that another attempt is to follow: kept, if it is small, for a caller who may get it after all. */

import type { CheckedAnswer } from './dispatch-answer.ts';
import type { Controller, HeaderFields } from './handler.ts';
import type { ResponseHead } from './response-head.ts';

const MAX_BUFFERED_BYTES = 65_536;

export class BufferedResponse {
  readonly #head: ResponseHead;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #end: Pick<CheckedAnswer, 'trailers' | 'rawHeaders' | 'rawTrailers'> | undefined;

  constructor(head: ResponseHead) {
    this.#head = head;
  }

  /** All of it, as it came. */
  get answer(): CheckedAnswer {
    const { status, headers, statusText = '' } = this.#head;
    return { status, statusText, headers, body: this.#chunks, ...this.#end };
  }

  /** Takes a piece of the body; false when that makes it too large to keep. */
  add(chunk: Buffer): boolean {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > MAX_BUFFERED_BYTES) return false;
    this.#chunks.push(chunk);
    return true;
  }

  end(trailers: HeaderFields, controller: Controller | null): void {
    this.#end = { trailers, rawHeaders: controller?.rawHeaders, rawTrailers: controller?.rawTrailers };
  }
}
