export { type AlertOptions, alertWhenOpen, type OpenAlert } from './alert-when-open.ts';
export { type Attempt, type AttemptContext, type AttemptResult, type Keeping, outcomeOfError } from './attempt.ts';
export { BACKOFF_DEFAULTS, type Backoff, type BackoffContext, type BackoffOptions } from './backoff.ts';
export {
  type BodySource,
  failureBeforeSending,
  holdSource,
  isNodeStream,
  watchIterated,
  watchPiped,
} from './body-source.ts';
export type { BodyWatch } from './body-watch.ts';
export type { BulkheadRules } from './bulkhead-options.ts';
export type { PlaceRefusal } from './bulkhead-place.ts';
export type { AttemptRefusal, CallMachine } from './call/call-machine.ts';
export type { AnswerSource, Ask, Deliver, Park, Req, Send, Sleep, Step, Throw } from './call/step.ts';
export { checkPolicy } from './check-policy.ts';
export type { CircuitTarget } from './circuit-target.ts';
export { asDoor, type DoorPolicy, doorOf, doorPolicy, policyOf, refuseHedge } from './door.ts';
export type { Fallback, FallbackContext, FallbackDoor } from './fallback.ts';
export type { Hedge } from './hedge.ts';
export { HEDGE_DEFAULTS, type HedgeOptions } from './hedge-options.ts';
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
  RetryRefusal,
  RetryRefusedEvent,
  StaleEvent,
} from './http-events.ts';
export type { KeyOption } from './key.ts';
export type { CallEnd, LastFailure } from './key-counts.ts';
export { LATENCY_BOUNDS_MS, type LatencyMetrics } from './latency-histogram.ts';
export {
  type LogOptions,
  logTransitions,
  type MoreFacts,
  type TransitionFacts,
  type TransitionLogger,
} from './log-transitions.ts';
export type { KeyMetrics, PolicyMetrics } from './metrics.ts';
export type {
  AttemptObservation,
  CallObservation,
  HttpObserver,
  RefusedAttempt,
  StartedAttempt,
  StartedCall,
} from './observer.ts';
export {
  HTTP_DEFAULTS,
  type HttpCallOptions,
  type HttpHostOptions,
  type HttpPolicyOptions,
  type HttpRules,
} from './options.ts';
export { originOf } from './origin.ts';
export type { HttpOutcome, OutcomeKind } from './outcome.ts';
export { parseUrl } from './parse-url.ts';
export { type CallDoor, createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy.ts';
export type { HeaderReader, HttpRequest } from './request.ts';
export { BUDGET_DEFAULTS, type RetryBudgetOptions } from './retry-budget.ts';
export { RETRY_DEFAULTS, type RetryOptions } from './retry-options.ts';
export {
  abortReason,
  isAborted,
  isListenable,
  isPlatformSignal,
  type LinkedSignal,
  linkedSignal,
  onAbort,
  type SignalLike,
} from './signals.ts';
export { isLate } from './slept.ts';
export { runAsOuter, seeOtherDoors } from './stacking.ts';
export type { Collector } from './stale/collector.ts';
export type { BodyForm } from './stale/entry.ts';
export { mayIdentify } from './stale/neutral-headers.ts';
export { isDelimited } from './stale/rules.ts';
export type { StaleAnswer } from './stale/stale-answers.ts';
export type { StaleDoor } from './stale/stale-call.ts';
export { STALE_DEFAULTS, type StaleOptions } from './stale/stale-options.ts';
export type { StaleSteps } from './stale/stale-steps.ts';
export { viaOf } from './stale/via.ts';
export type { StatusSpec } from './status-spec.ts';
export { HttpTimeoutError, startTimer } from './timeout.ts';
export { answerOf, type HttpVerdict } from './verdict.ts';
