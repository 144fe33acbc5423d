/** For authors of adapters: what carries a call through a client. Applications need none of it. */

export {
  type Attempt,
  type AttemptContext,
  type AttemptResult,
  type Keeping,
  outcomeOfError,
  type Sender,
} from './call/attempt.ts';
export type { BodyTracker } from './call/body-tracker.ts';
export type { AttemptRefusal } from './call/call-context.ts';
export type { CallMachine } from './call/call-machine.ts';
export { enableNesting, runAsOuter } from './call/nesting.ts';
export type { AnswerSource, Ask, Deliver, Park, Req, Send, Sleep, Step, Throw } from './call/step.ts';
export type { FallbackAdapter } from './fallback/fallback.ts';
export type { Hedge } from './hedge/hedge-rules.ts';
export { isDelimited } from './outcome/body-framing.ts';
export {
  type BodySource,
  failureBeforeSending,
  holdSource,
  isNodeStream,
  watchIterated,
  watchPiped,
} from './outcome/body-source.ts';
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
export { startTimer } from './outcome/time-limits.ts';
export { answerOf } from './outcome/verdict.ts';
export {
  type AdapterPolicy,
  adapterOf,
  adapterPolicy,
  asAdapter,
  policyOf,
  refuseUnsupported,
} from './policy/adapter-policy.ts';
export { originOf } from './policy/origin.ts';
export { parseUrl } from './policy/parse-url.ts';
export type { CallAdapter } from './policy/policy.ts';
export { requirePolicy } from './policy/require-policy.ts';
export type { CallAnswers } from './strategy/call-answers.ts';
export type { AnswerAdapter } from './strategy/promise-answers.ts';
