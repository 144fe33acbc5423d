/** For applications: policies, their options, what they count and report. */

export {
  BULKHEAD_STRATEGY_DEFAULTS,
  type BulkheadStrategy,
  type BulkheadStrategyOptions,
  bulkhead,
} from './bulkhead/bulkhead.ts';
export type { Fallback, FallbackContext } from './fallback/fallback.ts';
export { type HedgeStrategy, hedge } from './hedge/hedge.ts';
export { HEDGE_DEFAULTS, type HedgeOptions } from './hedge/hedge-options.ts';
export { type AlertOptions, alertWhenOpen, type OpenAlert } from './observe/alert-when-open.ts';
export type {
  BulkheadRejectedEvent,
  FallbackEvent,
  FallbackRefusedEvent,
  HedgeEvent,
  HedgeRefusal,
  HedgeRefusedEvent,
  HedgeWonEvent,
  HttpEvent,
  RetryEvent,
  RetryRefusedEvent,
  StaleEvent,
} from './observe/events.ts';
export type { CallEnd, LastFailure, RetryRefusal } from './observe/key-counters.ts';
export { LATENCY_BOUNDS_MS, type LatencyMetrics } from './observe/latency-histogram.ts';
export {
  type LogOptions,
  logTransitions,
  type MoreFacts,
  type TransitionFacts,
  type TransitionLogger,
} from './observe/log-transitions.ts';
export type { KeyMetrics, PolicyMetrics } from './observe/metrics.ts';
export type {
  AttemptObservation,
  CallObservation,
  HttpObserver,
  RefusedAttempt,
  StartedAttempt,
  StartedCall,
} from './observe/observer.ts';
export type { HttpOutcome, OutcomeKind } from './outcome/outcome.ts';
export type { HeaderReader, HttpRequest } from './outcome/request.ts';
export type { StatusSpec } from './outcome/status-spec.ts';
export { HttpTimeoutError } from './outcome/time-limits.ts';
export type { HttpVerdict } from './outcome/verdict.ts';
export type { CircuitTarget } from './policy/circuit-target.ts';
export type { KeyOption } from './policy/key.ts';
export {
  HTTP_DEFAULTS,
  type HttpCallOptions,
  type HttpHostOptions,
  type HttpPolicyOptions,
  type HttpRules,
} from './policy/options.ts';
export { createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy/policy.ts';
export { BACKOFF_DEFAULTS, type Backoff, type BackoffContext, type BackoffOptions } from './retry/backoff.ts';
export { BUDGET_DEFAULTS, type RetryBudgetOptions } from './retry/retry-budget.ts';
export { RETRY_DEFAULTS, type RetryOptions } from './retry/retry-options.ts';
export type {
  Answer,
  AnswerHead,
  BodyForm,
  BodySink,
  CallFailure,
  Capability,
  HeaderPairs,
  Held,
  Lease,
  PolicyContext,
  QueueTicket,
  Strategy,
  StrategyAttempt,
  StrategyCall,
} from './strategy/strategy.ts';
