export {
  BulkheadFullError,
  CircuitOpenError,
  FallbackError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
} from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export { type BreakerHooks, breakerHooks, type GotAdapterOptions, type GotOptions } from './breaker-hooks.ts';
export type { GotAnswer, GotResponseLike } from './got-answer.ts';
