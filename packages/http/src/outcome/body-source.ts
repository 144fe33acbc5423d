/**
 * Whether the source of a request body failed: a file that cannot be read, an upload whose sender left. That is
 * no evidence about the host.
 *
 * The error's wording and code do not decide it: the source of one request may be the connection of another.
 */

/** A body to hand to the client, and what is known of its source. */
export interface BodySource<B = unknown> {
  /** Replaces the caller's body. The same object where the source can be watched as it is. */
  readonly body: B;
  /**
   * Whether the source failed by itself. The first answer stays: pass it as `HttpRequest.bodyFailed`, which is called
   * when the client reports the end of the attempt. Later the client may destroy the source.
   */
  readonly failed: () => boolean;
  /** Unlocks a web stream that the client has not begun to read, because it refused the request. */
  readonly giveBack?: () => void;
}

/** What is used of a Node stream, whatever package made it. */
interface StreamLike {
  readonly destroyed?: boolean;
  readonly errored?: unknown;
  readonly readableEnded?: boolean;
  readonly readableDidRead?: boolean;
  pipe(target: unknown): unknown;
  on(event: string, listener: (first?: unknown) => void): unknown;
  listenerCount(event: string): number;
}

/** Codes of errors that only a client makes. */
const CLIENT_CODE = /^(UND_ERR_|HPE_|ERR_HTTP2_)/;

/**
 * Wraps a body that the client iterates: a web stream, an async iterable, a Node stream. Bytes, forms and plain
 * iterables stay as they are, and so does a source that was read before, which the client refuses.
 *
 * Call it once, when the attempt begins: it locks a web stream.
 */
export function watchIterated<B>(body: B): BodySource<B> {
  if (isWebStream(body)) return body.locked ? unwatched(body) : (watchWebStream(body) as unknown as BodySource<B>);
  if (isNodeStream(body) && (body as StreamLike).readableDidRead) return unwatched(body);
  return isAsyncIterable(body) ? (watchIterable(body) as unknown as BodySource<B>) : unwatched(body);
}

/**
 * Watches a Node stream that the client pipes. Call it before the client has the stream, and once.
 *
 * A client that loses its connection may destroy the stream with that error. It stops reading first, so that a stream
 * which fails while it is read has failed by itself.
 */
export function watchPiped<B>(body: B): BodySource<B> {
  if (!isNodeStream(body)) return unwatched(body);
  const stream = body as StreamLike;
  const readersBefore = stream.listenerCount('data');
  let isBroken = stream.destroyed === true && stream.readableEnded !== true;
  let isTaken = false;
  // A stream of the first kind, a form of the form-data package for one, takes no error from a client: its own is its own.
  const isOfFirstKind = !('errored' in stream);
  const isRead = (): boolean => isOfFirstKind || !isTaken || stream.listenerCount('data') > readersBefore;
  stream.on('newListener', event => {
    if (event === 'data') isTaken = true;
  });
  stream.on('error', error => {
    isBroken ||= isRead() && !CLIENT_CODE.test(codeOf(error));
  });
  stream.on('close', () => {
    // After an error this adds no fact.
    if (stream.errored === null || stream.errored === undefined)
      isBroken ||= isRead() && stream.readableEnded === false;
  });
  return { body, failed: once(() => isBroken) };
}

/**
 * Holds a body until it is sent, in a queue perhaps: the error of a stream of Node's that nothing listens to would end the
 * process.
 */
export function holdSource(body: unknown): void {
  if (isNodeStream(body)) (body as StreamLike).on('error', () => undefined);
}

/**
 * Why a stream of Node's can no longer be sent: it ended too early, before the client had it. Undefined while it can. A
 * client would wait for such a stream for ever.
 */
export function failureBeforeSending(body: unknown): Error | undefined {
  if (!isNodeStream(body)) return undefined;
  const { destroyed, readableEnded, readableDidRead, errored } = body as StreamLike;
  if (destroyed !== true || readableEnded === true || readableDidRead === true) return undefined;
  if (errored instanceof Error) return errored;
  return Object.assign(new Error('The request body was destroyed before it was sent'), {
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  });
}

/** Whether it is a stream of Node's kind, one that can be piped. */
export function isNodeStream(body: unknown): boolean {
  const { pipe, on, listenerCount } = partOf<StreamLike>(body);
  return typeof pipe === 'function' && typeof on === 'function' && typeof listenerCount === 'function';
}

function watchIterable(source: AsyncIterable<unknown>): BodySource<AsyncIterable<unknown>> {
  let isBroken = false;
  const noted = async <T>(step: () => T | Promise<T>): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      isBroken = true;
      throw error;
    }
  };
  const body: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      return {
        next: () => noted(() => iterator.next()),
        // What a source does when it is left early is no failure of the upload.
        return: async value => (await iterator.return?.(value)) ?? { done: true, value },
      };
    },
  };
  return { body, failed: once(() => isBroken) };
}

function watchWebStream(source: ReadableStream<unknown>): BodySource<ReadableStream<unknown>> {
  let isBroken = false;
  let isUntouched = true;
  const reader = source.getReader();
  const giveBack = (): void => {
    if (isUntouched) reader.releaseLock();
    isUntouched = false;
  };
  const body = new ReadableStream<unknown>(
    {
      async pull(controller) {
        isUntouched = false;
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          isBroken = true;
          throw error;
        }
      },
      cancel(reason) {
        isUntouched = false;
        // A source that has failed rejects this, and what a source does when it is left early is no failure of the upload.
        return reader.cancel(reason).catch(() => undefined);
      },
    },
    // Nothing is read ahead of the client.
    { highWaterMark: 0 },
  );
  return { body, failed: once(() => isBroken), giveBack };
}

function unwatched<B>(body: B): BodySource<B> {
  return { body, failed: () => false };
}

/** Keeps the first answer. */
function once(ask: () => boolean): () => boolean {
  let answer: boolean | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

function isWebStream(body: unknown): body is ReadableStream<unknown> {
  const { getReader, tee } = partOf<ReadableStream>(body);
  return typeof getReader === 'function' && typeof tee === 'function';
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof partOf<AsyncIterable<unknown>>(body)[Symbol.asyncIterator] === 'function';
}

function codeOf(error: unknown): string {
  const { code } = partOf<{ code: unknown }>(error);
  return typeof code === 'string' ? code : '';
}

function partOf<T>(value: unknown): Partial<T> {
  return typeof value === 'object' && value !== null ? (value as Partial<T>) : {};
}
