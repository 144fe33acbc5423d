export {
  BULKHEAD_STRATEGY_DEFAULTS,
  type BulkheadStrategy,
  type BulkheadStrategyOptions,
  bulkhead,
} from './bulkhead/bulkhead.ts';
export {
  type Attempt,
  type AttemptContext,
  type AttemptResult,
  type Keeping,
  outcomeOfError,
  type Sender,
} from './call/attempt.ts';
export type { BodyWatch } from './call/body-tracker.ts';
export type { AttemptRefusal } from './call/call-context.ts';
export type { CallMachine } from './call/call-machine.ts';
export { runAsOuter, seeOtherDoors } from './call/nesting.ts';
export type { AnswerSource, Ask, Deliver, Park, Req, Send, Sleep, Step, Throw } from './call/step.ts';
export type { Fallback, FallbackAdapter, FallbackContext } from './fallback/fallback.ts';
export { type HedgeStrategy, hedge } from './hedge/hedge.ts';
export { HEDGE_DEFAULTS, type HedgeOptions } from './hedge/hedge-options.ts';
export type { Hedge } from './hedge/hedge-rules.ts';
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
  RetryRefusal,
  RetryRefusedEvent,
  StaleEvent,
} from './observe/events.ts';
export type { CallEnd, LastFailure } from './observe/key-counters.ts';
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
export { isDelimited } from './outcome/body-framing.ts';
export {
  type BodySource,
  failureBeforeSending,
  holdSource,
  isNodeStream,
  watchIterated,
  watchPiped,
} from './outcome/body-source.ts';
export type { HttpOutcome, OutcomeKind } from './outcome/outcome.ts';
export type { HeaderReader, HttpRequest } from './outcome/request.ts';
export {
  abortReason,
  isAborted,
  isListenable,
  isPlatformSignal,
  type LinkedSignal,
  linkedSignal,
  onAbort,
  type SignalLike,
} from './outcome/signals.ts';
export { isLate } from './outcome/slept.ts';
export type { StatusSpec } from './outcome/status-spec.ts';
export { HttpTimeoutError, startTimer } from './outcome/time-limits.ts';
export { answerOf, type HttpVerdict } from './outcome/verdict.ts';
export { asDoor, type DoorPolicy, doorOf, doorPolicy, policyOf, refuseHedge } from './policy/adapter-policy.ts';
export { checkPolicy } from './policy/check-policy.ts';
export type { CircuitTarget } from './policy/circuit-target.ts';
export type { KeyOption } from './policy/key.ts';
export {
  HTTP_DEFAULTS,
  type HttpCallOptions,
  type HttpHostOptions,
  type HttpPolicyOptions,
  type HttpRules,
} from './policy/options.ts';
export { originOf } from './policy/origin.ts';
export { parseUrl } from './policy/parse-url.ts';
export { type CallDoor, createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy/policy.ts';
export { BACKOFF_DEFAULTS, type Backoff, type BackoffContext, type BackoffOptions } from './retry/backoff.ts';
export { BUDGET_DEFAULTS, type RetryBudgetOptions } from './retry/retry-budget.ts';
export { RETRY_DEFAULTS, type RetryOptions } from './retry/retry-options.ts';
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
