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
  hedge,
  logTransitions,
  type QueueTicket,
  type Strategy,
  type StrategyAttempt,
} from '@cutout/http';
export { type AxiosAdapterOptions, type AxiosOwnOptions, attachBreaker, type Detach } from './attach-breaker.ts';
