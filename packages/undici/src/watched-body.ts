/** The body of one request: what is sent of it, whether its source failed, and how it is released unsent. */

import type { Readable } from 'node:stream';
import { type BodySource, isNodeStream, watchIterated, watchPiped } from '@cutout/http/adapter';

export class WatchedBody {
  readonly #body: unknown;
  #source: BodySource | undefined;

  constructor(body: unknown) {
    this.#body = body;
    // A stream may fail before it is sent, in a queue perhaps, and its error would have no other listener.
    if (isNodeStream(body)) this.#source = watchPiped(body);
  }

  /** What takes its place on the way to the network. Iterables are watched from here on, since that takes hold of them. */
  get sent(): unknown {
    this.#source ??= watchIterated(this.#body);
    return this.#source.body;
  }

  failed(): boolean {
    return this.#source?.failed() ?? false;
  }

  /** Releases a body that will not be sent. How that ends is of no interest. */
  release(): void {
    const { destroy, cancel, return: stop } = (this.#body ?? {}) as Partial<Releasable>;
    if (typeof destroy === 'function') (this.#body as Readable).on?.('error', () => undefined).destroy();
    else if (typeof cancel === 'function') void settled(() => (this.#body as Releasable).cancel());
    else if (typeof stop === 'function') void settled(() => (this.#body as Releasable).return());
  }
}

interface Releasable {
  destroy(): void;
  cancel(): unknown;
  return(): unknown;
}

async function settled(end: () => unknown): Promise<void> {
  try {
    await end();
  } catch {
    // Its own end failed.
  }
}
