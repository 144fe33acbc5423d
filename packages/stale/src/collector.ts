/** Gathers the bytes of a body while the caller reads it. */

import type { BodySink } from '@cutout/http';

const FIRST_BYTES = 1_024;

export class Collector implements BodySink {
  readonly #maxBytes: number;
  readonly #expected: number | undefined;
  readonly #keep: (body: Uint8Array<ArrayBuffer>) => void;
  /** One growing block: a list of a million chunks of one byte would take a hundred times their bytes. */
  #block: Uint8Array<ArrayBuffer> | undefined = new Uint8Array();
  #bytes = 0;

  /** `expected`: the length that the answer promised, where its bytes arrive as they were sent. */
  constructor(maxBytes: number, expected: number | undefined, keep: (body: Uint8Array<ArrayBuffer>) => void) {
    this.#maxBytes = maxBytes;
    this.#expected = expected;
    this.#keep = keep;
  }

  /** Takes a copy: the chunk belongs to the caller. */
  add(chunk: Uint8Array): void {
    if (!this.#block) return;
    const bytes = this.#bytes + chunk.byteLength;
    if (bytes > this.#maxBytes) return this.drop();
    this.#block = withRoom(this.#block, bytes);
    this.#block.set(chunk, this.#bytes);
    this.#bytes = bytes;
  }

  /** The body has arrived whole. */
  end(): void {
    const block = this.#block;
    this.drop();
    if (!block || (this.#expected !== undefined && this.#expected !== this.#bytes)) return;
    this.#keep(block.slice(0, this.#bytes));
  }

  /** The body broke, or the caller stopped reading. */
  drop(): void {
    this.#block = undefined;
  }
}

/** Twice as large each time, so that a body of many small chunks is not copied once for each. */
function withRoom(block: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes <= block.byteLength) return block;
  const larger = new Uint8Array(Math.max(bytes, block.byteLength * 2, FIRST_BYTES));
  larger.set(block);
  return larger;
}
