/** For the other packages of this suite only; no promise of stability. */

export { type CheckedBulkhead, checkBulkhead, isWaiting } from './bulkhead.ts';
export { isFull } from './bulkhead-full-error.ts';
export * from './check.ts';
export { isRefusal } from './circuit-open-error.ts';
export { EventHub, report } from './events.ts';
export { isTimeout, withCause } from './execute.ts';
export { retain } from './retain.ts';
export { checkBreakerOptions } from './settings.ts';
