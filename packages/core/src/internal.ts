/** For the other packages of this suite only; no promise of stability. */

export { type CheckedBulkhead, checkBulkhead, isWaiting } from './bulkhead.ts';
export { isFull } from './bulkhead-full-error.ts';
export * from './check.ts';
export { isRefusal } from './circuit-open-error.ts';
export { escaped } from './escaped.ts';
export { EventHub, report } from './events.ts';
export { isTimeout, withCause } from './execute.ts';
export { Harmless, isThenable } from './harmless.ts';
export { isNoEvidence, isOwnRefusal } from './no-evidence.ts';
export { retain } from './retain.ts';
export { checkBreakerOptions } from './settings.ts';
export { isShortage } from './shortage.ts';
