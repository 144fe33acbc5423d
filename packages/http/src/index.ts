export { type AlertOptions, alertWhenOpen, type OpenAlert } from './alert-when-open.ts';
export { type Attempt, type AttemptContext, type AttemptResult, type Keeping, outcomeOfError } from './attempt.ts';
export { BACKOFF_DEFAULTS, type Backoff, type BackoffContext, type BackoffOptions } from './backoff.ts';
export { isDelimited } from './body-framing.ts';
export {
  type BodySource,
  failureBeforeSending,
  holdSource,
  isNodeStream,
  watchIterated,
  watchPiped,
} from './body-source.ts';
export type { BodyWatch } from './body-watch.ts';
export {
  BULKHEAD_STRATEGY_DEFAULTS,
  type BulkheadStrategy,
  type BulkheadStrategyOptions,
  bulkhead,
} from './bulkhead/bulkhead.ts';
export type { AttemptRefusal, CallMachine } from './call/call-machine.ts';
export type { AnswerSource, Ask, Deliver, Park, Req, Send, Sleep, Step, Throw } from './call/step.ts';
export { checkPolicy } from './check-policy.ts';
export type { CircuitTarget } from './circuit-target.ts';
export { asDoor, type DoorPolicy, doorOf, doorPolicy, policyOf, refuseHedge } from './door.ts';
export type { Fallback, FallbackContext, FallbackDoor } from './fallback.ts';
export { type HedgeStrategy, hedge } from './hedge/hedge.ts';
export { HEDGE_DEFAULTS, type HedgeOptions } from './hedge/hedge-options.ts';
export type { Hedge } from './hedge/hedge-rules.ts';
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
export type { StatusSpec } from './status-spec.ts';
export type { CallAnswers } from './strategy/call-answers.ts';
export type { AnswerAdapter } from './strategy/promise-answers.ts';
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
export { HttpTimeoutError } from './timeout.ts';
export { answerOf, type HttpVerdict } from './verdict.ts';
