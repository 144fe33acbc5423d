/** Sees how a native stream ends, whichever way the caller reads it. It stays the same stream. */

import { type BodyEnd, halvesOf } from './body-end.ts';
import { isErrored } from './stream-state.ts';

const observed = new WeakSet<ReadableStream>();

/** Reports to `watches` whether the stream ends whole, breaks or is cancelled by its reader. */
export function observeStream(stream: ReadableStream, watches: readonly BodyEnd[]): void {
  if (observed.has(stream)) return;
  observed.add(stream);
  const observer = new StreamObserver(stream, watches);
  const shadows = observer.shadows();
  for (const [name, value] of Object.entries(shadows)) {
    Object.defineProperty(stream, name, { value, configurable: true, enumerable: false, writable: true });
  }
  Object.defineProperty(stream, Symbol.asyncIterator, {
    value: shadows.values,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

type Shadows = Pick<ReadableStream, 'getReader' | 'cancel' | 'pipeTo' | 'pipeThrough' | 'tee' | 'values'>;

class StreamObserver {
  readonly #stream: ReadableStream;
  readonly #native: ReadableStream;
  readonly #watches: readonly BodyEnd[];
  #cancelled = false;

  constructor(stream: ReadableStream, watches: readonly BodyEnd[]) {
    this.#stream = stream;
    this.#native = Object.getPrototypeOf(stream) as ReadableStream;
    this.#watches = watches;
  }

  shadows(): Shadows {
    return {
      getReader: ((options?: ReadableStreamGetReaderOptions) =>
        this.#getReader(options)) as ReadableStream['getReader'],
      cancel: reason => this.#cancel(() => this.#native.cancel.call(this.#stream, reason)),
      pipeTo: (destination, options) => this.#pipeTo(destination, options),
      pipeThrough: (pair, options) => this.#pipeThrough(pair, options),
      tee: () => this.#tee(),
      values: options => this.#values(options),
    };
  }

  #getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<unknown> {
    const reader = this.#native.getReader.call(this.#stream, options as undefined) as ReadableStreamDefaultReader;
    const lock = { released: false };
    this.#follow(reader.closed, lock);
    const { cancel, releaseLock } = reader;
    const shadows = {
      cancel: (reason?: unknown): Promise<void> => this.#cancel(() => cancel.call(reader, reason)),
      releaseLock: (): void => {
        lock.released = true;
        releaseLock.call(reader);
      },
    };
    for (const [name, value] of Object.entries(shadows)) {
      Object.defineProperty(reader, name, { value, configurable: true, enumerable: false, writable: true });
    }
    return reader;
  }

  /** A cancelled stream counts as closed from then on, which must not pass for a whole body. */
  #cancel(cancel: () => Promise<void>): Promise<void> {
    this.#stop();
    return cancel();
  }

  #stop(): void {
    this.#cancelled = true;
    for (const watch of this.#watches) watch.cancelled();
  }

  /** A reader that is released is closed with an error, which is none of the stream's. */
  #follow(closed: Promise<unknown>, lock: { readonly released: boolean }): void {
    closed.then(
      () => this.#whole(),
      error => void (lock.released || this.#broken(error)),
    );
  }

  #whole(): void {
    if (!this.#cancelled) for (const watch of this.#watches) watch.whole();
  }

  #broken(error: unknown): void {
    if (this.#cancelled) return;
    for (const watch of this.#watches) watch.broken(error);
  }

  async #pipeTo(destination: WritableStream, options?: StreamPipeOptions): Promise<void> {
    try {
      await this.#native.pipeTo.call(this.#stream, destination, options);
    } catch (error) {
      await this.#pipeFailed(error, options);
      throw error;
    }
    this.#whole();
  }

  /** A pipe may fail at either end. Only a stream that is itself in error is a broken body. */
  async #pipeFailed(error: unknown, options: StreamPipeOptions | undefined): Promise<void> {
    if (await isErrored(this.#unshadowed)) this.#broken(error);
    // The pipe has cancelled it, unless it was to leave that alone.
    else if (!options?.preventCancel) this.#stop();
  }

  /** Its readers are not the caller's. */
  get #unshadowed(): Pick<ReadableStream, 'getReader' | 'locked'> {
    const { locked } = this.#stream;
    const getReader = (() => this.#native.getReader.call(this.#stream)) as ReadableStream['getReader'];
    return { locked, getReader };
  }

  /** As the streams standard defines it, over a pipe that is seen. */
  #pipeThrough<T>(pair: ReadableWritablePair<T, unknown>, options?: StreamPipeOptions): ReadableStream<T> {
    if (this.#stream.locked || pair?.writable?.locked !== false) {
      return this.#native.pipeThrough.call(this.#stream, pair, options) as ReadableStream<T>;
    }
    this.#pipeTo(pair.writable, options).catch(() => undefined);
    return pair.readable;
  }

  #tee(): [ReadableStream, ReadableStream] {
    const branches = this.#native.tee.call(this.#stream);
    const halves = halvesOf(this.#watches);
    observeStream(branches[0], halves[0]);
    observeStream(branches[1], halves[1]);
    return branches;
  }

  #values(options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<unknown> {
    const iterator = this.#native.values.call(this.#stream, options);
    const next = async (): Promise<IteratorResult<unknown, undefined>> => {
      try {
        const step = await iterator.next();
        if (step.done) this.#whole();
        return step;
      } catch (error) {
        this.#broken(error);
        throw error;
      }
    };
    const stop = (value?: unknown): Promise<IteratorResult<unknown, undefined>> => {
      this.#stop();
      return (iterator.return as (value?: unknown) => Promise<IteratorResult<unknown, undefined>>)(value);
    };
    // The native iterator stays as the prototype, for every other member.
    return Object.create(iterator, {
      next: { value: next },
      return: { value: stop },
    }) as ReadableStreamAsyncIterator<unknown>;
  }
}
