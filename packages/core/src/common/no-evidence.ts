/** Errors that are no evidence about a host: nothing reached it. */

import { isClonedFull, isFull } from './bulkhead-full-error.ts';
import { isClonedRefusal, isRefusal } from './circuit-open-error.ts';
import { findCause } from './find-cause.ts';
import { isShortage } from './shortage.ts';

/** Whether `error` is, or wraps, a refusal of this suite: of a circuit or of a bulkhead. Never throws. */
export function isOwnRefusal(error: unknown): boolean {
  return findCause(error, isEither) !== undefined;
}

/** Whether `error` is a refusal of this suite, or a shortage of this machine. Never throws. */
export function isNoEvidence(error: unknown): boolean {
  return isOwnRefusal(error) || isShortage(error);
}

/** Not as JSON leaves them: that may be the answer of a host, whose own circuit is open. */
function isEither(value: unknown): value is object {
  return isRefusal(value) || isFull(value) || isClonedRefusal(value) || isClonedFull(value);
}
