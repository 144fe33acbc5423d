/** For the other packages of this suite only; no promise of stability. */

export * from './check.ts';
export { isRefusal } from './circuit-open-error.ts';
export { EventHub, report } from './events.ts';
export { isTimeout, withCause } from './execute.ts';
export { checkBreakerOptions } from './settings.ts';
