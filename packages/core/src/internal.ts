/** For the other packages of this suite only; no promise of stability. */

export { withCause } from './breaker/execute.ts';
export { checkBreakerOptions } from './breaker/options.ts';
export { type CheckedBulkhead, checkBulkhead, isQueueTicket } from './bulkhead/bulkhead.ts';
export { BREAKER_ALIASES, BULKHEAD_ALIASES, under } from './common/aliases.ts';
export { isFull } from './common/bulkhead-full-error.ts';
export * from './common/check.ts';
export { isRefusal } from './common/circuit-open-error.ts';
export { makeDisposable } from './common/disposable.ts';
export { escaped } from './common/escaped.ts';
export { EventHub, report } from './common/events.ts';
export { Harmless } from './common/harmless.ts';
export { isNoEvidence, isOwnRefusal } from './common/no-evidence.ts';
export { handleRejection, isThenable } from './common/promise-like.ts';
export { reliableClock, reliableRandom } from './common/reliable.ts';
export { isShortage } from './common/shortage.ts';
export { type AbortSignalLike, abortReason, isAborted, isTimeout, onAbort } from './common/signal.ts';
export { retain } from './registry/retain.ts';
