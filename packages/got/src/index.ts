export {
  adaptive,
  BulkheadFullError,
  CircuitOpenError,
  consecutive,
  exponentialOpen,
  FallbackError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
  rate,
  type Trip,
  type TripCounter,
} from '@cutout/core';
export {
  alertWhenOpen,
  bulkhead,
  createHttpPolicy,
  type Held,
  type HttpPolicy,
  type HttpPolicyOptions,
  HttpTimeoutError,
  logTransitions,
  type QueueTicket,
  type Strategy,
  type StrategyAttempt,
} from '@cutout/http';
export { type BreakerHooks, breakerHooks, type GotAdapterOptions, type GotOptions } from './breaker-hooks.ts';
export type { GotAnswer, GotResponseLike } from './got-answer.ts';
