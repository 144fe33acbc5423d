/**
 * Abort signals of any make: the platform's, a polyfill's, another realm's, an event emitter. They are read by their
 * shape, because clients accept what `instanceof AbortSignal` refuses.
 */

import { show } from './check.ts';

/** What may be found on a signal, so that core knows no DOM. */
export interface AbortSignalLike {
  /** An event emitter does not have it; it is listened to instead. */
  readonly aborted?: boolean;
  readonly reason?: unknown;
  addEventListener?(type: 'abort', listener: () => void): unknown;
  removeEventListener?(type: 'abort', listener: () => void): unknown;
  on?(type: 'abort', listener: () => void): unknown;
  off?(type: 'abort', listener: () => void): unknown;
  removeListener?(type: 'abort', listener: () => void): unknown;
}

/** Whether the signal's `aborted` is true. */
export function isAborted(signal: AbortSignalLike | undefined): boolean {
  return attempt(() => signal?.aborted) === true;
}

declare const DOMException: (new (message: string, name: string) => Error) | undefined;

/** The reason of an abort, or an `AbortError` where the signal carries none. */
export function abortReason(signal: AbortSignalLike | undefined): unknown {
  return attempt(() => signal?.reason) ?? newAbortError();
}

function newAbortError(): Error {
  const message = 'This operation was aborted';
  if (typeof DOMException === 'function') return new DOMException(message, 'AbortError');
  return Object.assign(new Error(message), { name: 'AbortError' });
}

/**
 * Calls `listener` when the signal aborts. Returns the function that removes it. Does not look at `aborted`, and does
 * nothing for what cannot be listened to.
 */
export function onAbort(signal: AbortSignalLike | undefined, listener: () => void): () => void {
  if (!signal) return () => undefined;
  attempt(() => listen(signal, listener));
  return () => void attempt(() => unlisten(signal, listener));
}

/** Whether an abort's reason is a deadline, as `AbortSignal.timeout()` makes it. */
export function isTimeout(reason: unknown): boolean {
  return (reason as { name?: unknown } | null | undefined)?.name === 'TimeoutError';
}

/** Whether a signal has been aborted, also where it has no `aborted` of its own. */
export interface AbortWatch {
  readonly aborted: boolean;
  stop(): void;
}

/** Watches the signal of one call. Only a signal without `aborted` needs a listener. */
export function watchAbort(signal: AbortSignalLike | undefined): AbortWatch {
  if (!signal) return NEVER;
  if (typeof attempt(() => signal.aborted) === 'boolean') return new ReadAbort(signal);
  return new EmittedAbort(signal);
}

const NEVER: AbortWatch = { aborted: false, stop: () => undefined };

class EmittedAbort implements AbortWatch {
  aborted = false;
  readonly stop: () => void;

  constructor(signal: AbortSignalLike) {
    this.stop = onAbort(signal, () => {
      this.aborted = true;
    });
  }
}

class ReadAbort implements AbortWatch {
  readonly #signal: AbortSignalLike;

  constructor(signal: AbortSignalLike) {
    this.#signal = signal;
  }

  get aborted(): boolean {
    return isAborted(this.#signal);
  }

  stop(): void {
    // It was only read.
  }
}

/** @throws TypeError for a signal that is no object. */
export function checkSignal(path: string, value: unknown): void {
  if (value === undefined || (typeof value === 'object' && value !== null)) return;
  throw new TypeError(`${path} must be an AbortSignal, got ${show(value)}`);
}

function listen(signal: AbortSignalLike, listener: () => void): void {
  if (typeof signal.addEventListener === 'function') signal.addEventListener('abort', listener);
  else signal.on?.('abort', listener);
}

function unlisten(signal: AbortSignalLike, listener: () => void): void {
  if (typeof signal.removeEventListener === 'function') signal.removeEventListener('abort', listener);
  else if (typeof signal.off === 'function') signal.off('abort', listener);
  else signal.removeListener?.('abort', listener);
}

/** A signal that throws where it is read or listened to cannot be followed; the call goes on without it. */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
