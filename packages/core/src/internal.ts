/** For the other packages of this suite only; no promise of stability. */

export { BREAKER_ALIASES, BULKHEAD_ALIASES, under } from './aliases.ts';
export { type CheckedBulkhead, checkBulkhead, isWaiting } from './bulkhead.ts';
export { isFull } from './bulkhead-full-error.ts';
export * from './check.ts';
export { isRefusal } from './circuit-open-error.ts';
export { makeDisposable } from './disposable.ts';
export { escaped } from './escaped.ts';
export { EventHub, report } from './events.ts';
export { isTimeout, withCause } from './execute.ts';
export { Harmless } from './harmless.ts';
export { isNoEvidence, isOwnRefusal } from './no-evidence.ts';
export { handleRejection, isThenable } from './promise-like.ts';
export { reliableClock, reliableRandom } from './reliable.ts';
export { retain } from './retain.ts';
export { checkBreakerOptions } from './settings.ts';
export { isShortage } from './shortage.ts';
export { type AbortSignalLike, abortReason, isAborted, onAbort } from './signal.ts';
