export { ADAPTIVE_DEFAULTS, type AdaptiveTrip } from './adaptive-trip.ts';
export { type BreakerIdentity, CircuitBreaker, type Standing } from './breaker.ts';
export type { BreakerMetrics } from './breaker-metrics.ts';
export {
  BULKHEAD_DEFAULTS,
  Bulkhead,
  type BulkheadOptions,
  type ListenableSignal,
  type Slot,
  type Waiting,
} from './bulkhead.ts';
export {
  BulkheadFullError,
  type BulkheadRefusal,
  type BulkheadRefusalReason,
  isBulkheadFullError,
} from './bulkhead-full-error.ts';
export { CircuitOpenError, findCircuitOpenError, isCircuitOpenError, type Refusal } from './circuit-open-error.ts';
export { type Clock, monotonicClock } from './clock.ts';
export { ADAPTIVE_LIMIT_DEFAULTS, type AdaptiveLimitOptions } from './concurrency-limit.ts';
export type { ConsecutiveTrip } from './consecutive-trip.ts';
export type {
  BreakerEvent,
  OutcomeEvent,
  RejectedEvent,
  TransitionEvent,
  UnkeptEvent,
} from './events.ts';
export type { CallOutcome, ExecuteOptions, GuardedCall } from './execute.ts';
export type {
  AdaptiveReading,
  ConsecutiveReading,
  Explanation,
  ProbeReading,
  RateReading,
  TripReading,
} from './explanation.ts';
export type { FailureSummary } from './failure-summary.ts';
export { FallbackError } from './fallback-error.ts';
export type { TimeSpent, TransitionCount } from './history.ts';
export {
  type ExponentialOpenOptions,
  exponentialOpen,
  type FailureHint,
  type OpenContext,
  type OpenDuration,
} from './open-duration.ts';
export type { Permit } from './permit.ts';
export type { CountWindowOptions, RateTrip, SlowCallOptions, TimeWindowOptions } from './rate-trip.ts';
export { RECOVERY_DEFAULTS, type RecoveryOptions } from './recovery.ts';
export { BreakerRegistry, type BreakerRegistryOptions, REGISTRY_DEFAULTS, type RegistryMetrics } from './registry.ts';
export { BREAKER_DEFAULTS, type BreakerOptions, type HalfOpenOptions, type Mode } from './settings.ts';
export type { AbortSignalLike } from './signal.ts';
export type { BreakerSnapshot, RegistrySnapshot } from './snapshot.ts';
export type { BreakerState, RefusalReason } from './states.ts';
export { THROTTLE_DEFAULTS, type ThrottleOptions, type ThrottleReading } from './throttle.ts';
export type { TransitionReason } from './transition-reason.ts';
export type { Trip } from './trip.ts';
export type { Evidence } from './trip-counter.ts';
export type { Stage, Verdict } from './verdict.ts';
export type { WindowBucket } from './window-bucket.ts';
