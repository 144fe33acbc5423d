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
export {
  type CutoutFetch,
  type CutoutInit,
  createFetch,
  type FetchAdapterOptions,
  type FetchOptions,
} from './create-fetch.ts';
export type { FetchInit, FetchInput } from './request.ts';
