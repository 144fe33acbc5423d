export { type BreakerIdentity, CircuitBreaker, type Standing } from './breaker.ts';
export { CircuitOpenError, findCircuitOpenError, isCircuitOpenError, type Refusal } from './circuit-open-error.ts';
export { type Clock, monotonicClock } from './clock.ts';
export type { ConsecutiveTrip } from './consecutive-trip.ts';
export type {
  BreakerEvent,
  OutcomeEvent,
  RejectedEvent,
  TransitionEvent,
  TransitionReason,
  UnkeptEvent,
} from './events.ts';
export type { AbortSignalLike, CallOutcome, ExecuteOptions, GuardedCall } from './execute.ts';
export type { FailureSummary } from './failure-summary.ts';
export { type ExponentialOpenOptions, exponentialOpen, type OpenContext, type OpenDuration } from './open-duration.ts';
export type { Permit } from './permit.ts';
export type { CountWindowOptions, RateTrip, SlowCallOptions, TimeWindowOptions } from './rate-trip.ts';
export { BreakerRegistry, type BreakerRegistryOptions, REGISTRY_DEFAULTS } from './registry.ts';
export { BREAKER_DEFAULTS, type BreakerOptions, type HalfOpenOptions, type Mode } from './settings.ts';
export type { BreakerSnapshot, RegistrySnapshot } from './snapshot.ts';
export type { FailureHint } from './state.ts';
export type { BreakerState } from './states.ts';
export type { Evidence, Trip } from './trip.ts';
export type { Stage, Verdict } from './verdict.ts';
