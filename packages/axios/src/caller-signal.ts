/** The caller's signal and cancel token as one signal of the platform. */

import { abortReason, isAborted, isListenable, isPlatformSignal, onAbort, type SignalLike } from '@cutout/http/adapter';
import type { InternalAxiosRequestConfig } from 'axios';

export interface CallerSignal {
  readonly signal: AbortSignal | undefined;
  /** Removes our listeners: a signal or a token may live as long as the process. */
  end(): void;
}

/** Cancel tokens have both since axios 0.22; its types leave them out. */
interface Subscribable {
  subscribe(listener: (reason: unknown) => void): void;
  unsubscribe(listener: (reason: unknown) => void): void;
}

/** The caller's own signal where that is one of the platform's and stands alone; else one that follows what there is. */
export function callerSignalOf({ signal, cancelToken }: InternalAxiosRequestConfig): CallerSignal {
  const callers = isOddSignal(signal) ? undefined : ((signal ?? undefined) as SignalLike | undefined);
  const token = subscribable(cancelToken);
  if (!token && (!callers || isPlatformSignal(callers))) return { signal: callers, end: noop };
  const own = new AbortController();
  if (isAborted(callers)) own.abort(abortReason(callers));
  const stop = onAbort(callers, () => own.abort(abortReason(callers)));
  const onCancel = (reason: unknown): void => own.abort(reason);
  token?.subscribe(onCancel);
  return {
    signal: own.signal,
    end: () => {
      stop();
      token?.unsubscribe(onCancel);
    },
  };
}

/** A signal that is none, which axios itself refuses. */
export function isOddSignal(signal: unknown): boolean {
  return Boolean(signal) && !isListenable(signal);
}

/** What is no cancel token is refused by axios itself. */
function subscribable(token: unknown): Subscribable | undefined {
  const { subscribe, unsubscribe } = (token ?? {}) as Partial<Subscribable>;
  return typeof subscribe === 'function' && typeof unsubscribe === 'function' ? (token as Subscribable) : undefined;
}

function noop(): void {}
