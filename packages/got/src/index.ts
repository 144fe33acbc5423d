export {
  BulkheadFullError,
  CircuitOpenError,
  FallbackError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
} from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export { type BreakerHooks, breakerHooks, type GotDoorOptions, type GotOptions } from './breaker-hooks.ts';
export type { GotAnswer, GotResponseLike } from './got-answer.ts';
