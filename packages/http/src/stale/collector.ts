/** Gathers the bytes of a body while the caller reads it. */

export class Collector {
  readonly #maxBytes: number;
  readonly #expected: number | undefined;
  readonly #keep: (body: Uint8Array<ArrayBuffer>) => void;
  #chunks: Uint8Array[] | undefined = [];
  #bytes = 0;

  /** `expected`: the length that the answer promised, where its bytes arrive as they were sent. */
  constructor(maxBytes: number, expected: number | undefined, keep: (body: Uint8Array<ArrayBuffer>) => void) {
    this.#maxBytes = maxBytes;
    this.#expected = expected;
    this.#keep = keep;
  }

  /** Takes a copy: the chunk belongs to the caller. */
  add(chunk: Uint8Array): void {
    if (!this.#chunks) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) this.drop();
    else this.#chunks.push(chunk.slice());
  }

  /** The body has arrived whole. */
  end(): void {
    const chunks = this.#chunks;
    this.drop();
    if (!chunks || (this.#expected !== undefined && this.#expected !== this.#bytes)) return;
    const body = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const chunk of chunks) {
      body.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.#keep(body);
  }

  /** The body broke, or nobody reads on. */
  drop(): void {
    this.#chunks = undefined;
  }
}
