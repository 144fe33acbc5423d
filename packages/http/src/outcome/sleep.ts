/** A wait that an abort ends at once, leaving neither timer nor listener behind. */

import type { Clock } from '@cutout/core';
import { abortReason, isAborted, onAbort, type SignalLike } from './signals.ts';

/** The longest that `setTimeout` can wait; anything longer fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** Follows `work`, but rejects with the signal's reason as soon as it is aborted. */
export function abortable<T>(work: Promise<T>, signal?: SignalLike): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortReason(signal));
    const remove = onAbort(signal, stop);
    if (isAborted(signal)) {
      remove();
      stop();
    }
    work.then(resolve, reject).finally(remove);
  });
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Required<Clock>, ms: number, signal?: SignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isAborted(signal)) return reject(abortReason(signal));
    const clear = clock.setTimer(ms, () => {
      remove();
      resolve();
    });
    const remove = onAbort(signal, () => {
      clear();
      reject(abortReason(signal));
    });
  });
}
