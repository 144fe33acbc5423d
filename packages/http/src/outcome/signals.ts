/**
 * Abort signals of any make: Node's own, a polyfill's, another realm's, an event emitter. They are read by their shape,
 * because a client may accept a signal that `AbortSignal.any` and `instanceof` refuse.
 */

import {
  type AbortSignalLike,
  abortReason,
  isAborted as isMarkedAborted,
  onAbort as listen,
} from '@cutout/core/internal';

export { abortReason };

export type SignalLike = AbortSignalLike;

/** Signals that were listened to here, and have aborted. */
const known = new WeakSet<SignalLike>();

/** Whether the signal is aborted. An event emitter keeps no such state: its abort counts if a listener of ours ran. */
export function isAborted(signal: SignalLike | undefined): boolean {
  return signal !== undefined && (isMarkedAborted(signal) || known.has(signal));
}

/** Whether a listener can be added. The client refuses any other value itself. */
export function isListenable(signal: unknown): signal is SignalLike {
  const { addEventListener, on } = (typeof signal === 'object' && signal !== null ? signal : {}) as SignalLike;
  return typeof addEventListener === 'function' || typeof on === 'function';
}

/**
 * Calls `listener` once when the signal aborts. Returns the function that removes it. Does not look at `aborted`, and does
 * nothing for what cannot be listened to.
 */
export function onAbort(signal: SignalLike | undefined, listener: () => void): () => void {
  if (!signal) return noop;
  const remove = listen(signal, () => {
    remove();
    known.add(signal);
    listener();
  });
  return remove;
}

/** Whether the platform itself made the signal, so that every function of the platform takes it. */
export function isPlatformSignal(signal: unknown): signal is AbortSignal {
  return signal instanceof AbortSignal;
}

/** An `AbortSignal` of the platform that aborts with the caller's, and can be aborted alone. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Follows the caller's signal no longer. Where it is not called, that ends when nothing holds the signal any more. */
  unlink(): void;
}

/**
 * Makes a signal that follows `signal` for as long as anyone holds it, because a body may be read under it after the call.
 * It leaves nothing behind on a signal that outlives it.
 */
export function linkedSignal(signal: SignalLike | undefined): LinkedSignal {
  const own = new AbortController();
  const abort = (reason: unknown): void => own.abort(reason);
  if (!signal) return { signal: own.signal, abort, unlink: noop };
  if (isAborted(signal)) own.abort(abortReason(signal));
  // The platform's own signals are linked by the platform, which forgets a dependent that nothing holds.
  if (isPlatformSignal(signal) && typeof AbortSignal.any === 'function') {
    return { signal: AbortSignal.any([signal, own.signal]), abort, unlink: noop };
  }
  return { signal: own.signal, abort, unlink: follow(signal, own) };
}

/** A signal of the platform that aborts with the caller's: that one itself, where it is of the platform. */
export function platformSignal(signal: SignalLike | undefined): AbortSignal | undefined {
  return signal === undefined || signal instanceof AbortSignal ? signal : linkedSignal(signal).signal;
}

/** Removes the listeners of controllers that are gone. */
const abandoned = new FinalizationRegistry<() => void>(remove => remove());

function follow(signal: SignalLike, controller: AbortController): () => void {
  const target = new WeakRef(controller);
  const remove = onAbort(signal, () => target.deref()?.abort(abortReason(signal)));
  abandoned.register(controller.signal, remove);
  // A controller lives as long as its signal.
  controllers.set(controller.signal, controller);
  return remove;
}

const controllers = new WeakMap<AbortSignal, AbortController>();

function noop(): void {}
