export { type BreakerIdentity, CircuitBreaker, type EvictionInfo } from './breaker/circuit-breaker.ts';
export type { CallOutcome, ExecuteOptions, GuardedCall } from './breaker/execute.ts';
export type { Explanation, ProbeReading } from './breaker/explanation.ts';
export type { TimeSpent, TransitionCount } from './breaker/history.ts';
export type { BreakerMetrics } from './breaker/metrics.ts';
export {
  type ExponentialOpenOptions,
  exponentialOpen,
  type FailureHint,
  type OpenContext,
  type OpenDuration,
} from './breaker/open-duration.ts';
export { BREAKER_DEFAULTS, type BreakerOptions, type HalfOpenOptions, type Mode } from './breaker/options.ts';
export type { Permit } from './breaker/permit.ts';
export { RECOVERY_DEFAULTS, type RecoveryOptions } from './breaker/recovery.ts';
export type { BreakerSnapshot, RegistrySnapshot } from './breaker/snapshot.ts';
export { THROTTLE_DEFAULTS, type ThrottleOptions, type ThrottleReading } from './breaker/throttle.ts';
export {
  BULKHEAD_DEFAULTS,
  Bulkhead,
  type BulkheadIdentity,
  type BulkheadOptions,
  type BulkheadPermit,
  type ListenableSignal,
  type QueueTicket,
} from './bulkhead/bulkhead.ts';
export { ADAPTIVE_LIMIT_DEFAULTS, type AdaptiveLimitOptions } from './bulkhead/concurrency-limit.ts';
export type { BreakerState, RefusalReason, TransitionReason } from './common/breaker-state.ts';
export {
  BulkheadFullError,
  type BulkheadRefusal,
  type BulkheadRefusalReason,
  isBulkheadFullError,
} from './common/bulkhead-full-error.ts';
export {
  CircuitOpenError,
  findCircuitOpenError,
  isCircuitOpenError,
  type Refusal,
} from './common/circuit-open-error.ts';
export { type Clock, monotonicClock } from './common/clock.ts';
export type {
  BreakerEvent,
  OutcomeEvent,
  RegistryFullEvent,
  RejectedEvent,
  TransitionEvent,
} from './common/events.ts';
export type { FailureSummary } from './common/failure-summary.ts';
export { FallbackError } from './common/fallback-error.ts';
export type { AbortSignalLike } from './common/signal.ts';
export type { Stage, Verdict } from './common/verdict.ts';
export {
  BreakerRegistry,
  type BreakerRegistryOptions,
  REGISTRY_DEFAULTS,
  type RegistryMetrics,
} from './registry/registry.ts';
export { ADAPTIVE_DEFAULTS, type AdaptiveOptions, adaptive } from './trip/adaptive.ts';
export type { BuiltInTrip } from './trip/built-in-trip.ts';
export type { TripOption } from './trip/check-trip.ts';
export { type ConsecutiveOptions, consecutive } from './trip/consecutive.ts';
export type { Evidence } from './trip/period-counter.ts';
export {
  type CountWindowOptions,
  type RateOptions,
  rate,
  type SlowCallOptions,
  type TimeWindowOptions,
} from './trip/rate.ts';
export type { AdaptiveReading, ConsecutiveReading, CustomReading, RateReading, TripReading } from './trip/readings.ts';
export type { Trip, TripCall, TripCounter, TripOutcome } from './trip/trip.ts';
export type { WindowBucket } from './trip/window-bucket.ts';
