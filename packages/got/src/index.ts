export {
  BulkheadFullError,
  CircuitOpenError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
} from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export { type BreakerHooks, breakerHooks } from './breaker-hooks.ts';
