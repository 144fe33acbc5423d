/** A request body that is read once, and whose source may fail by itself: a file, or the upload of another client. */

import { isNodeStream, watchIterated, watchPiped } from '@cutout/http/adapter';
import { isErrored } from './stream-state.ts';

export interface Upload {
  /** Takes the place of the caller's body; undefined where that stays in its Request. */
  readonly body: unknown;
  readonly failed: () => boolean;
  /** To be awaited when fetch has rejected, before `failed` is called. */
  readonly rejected: () => Promise<void>;
}

const NOTHING_TO_DO = async (): Promise<void> => undefined;

/**
 * Watches the body of one attempt, from the moment when it is sent. What fetch iterates stays the same object, since a
 * fetch of yours may pipe it; only a web stream is wrapped.
 */
export function watchUpload(body: unknown): Upload {
  const iterable = watchInPlace(body);
  if (iterable) return iterable;
  const { body: wrapped, failed, giveBack } = watchIterated(body);
  return { body: wrapped, failed, rejected: async () => giveBack?.() };
}

/** Of a Request, whose body fetch reads from inside: afterwards it is in error where its source failed. */
export function watchRequestBody({ body }: { readonly body?: unknown }): Upload {
  const stream = body as ReadableStream | null | undefined;
  let isBroken = false;
  const rejected = async (): Promise<void> => {
    isBroken = typeof stream?.getReader === 'function' && (await isErrored(stream));
  };
  return { body: undefined, failed: () => isBroken, rejected };
}

/** Lays an iterator that notes its failures over the body's own; undefined for what has none or cannot be changed. */
function watchInPlace(body: unknown): Upload | undefined {
  const own = (body as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator];
  if (typeof own !== 'function' || isWebStream(body) || !Object.isExtensible(body)) return undefined;
  const piped = watchPiped(body);
  let iterated: (() => boolean) | undefined;
  const value = (): AsyncIterator<unknown> => {
    const { body: watched, failed } = watchIterated({ [Symbol.asyncIterator]: () => own.call(body) });
    iterated = failed;
    return watched[Symbol.asyncIterator]();
  };
  Object.defineProperty(body, Symbol.asyncIterator, { value, configurable: true, enumerable: false, writable: true });
  const failed = (): boolean => (iterated ? iterated() : isNodeStream(body) && piped.failed());
  return { body, failed, rejected: NOTHING_TO_DO };
}

function isWebStream(body: unknown): boolean {
  return typeof (body as Partial<ReadableStream>).getReader === 'function';
}
