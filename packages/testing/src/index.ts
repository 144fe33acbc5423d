export type {
  AdapterFactory,
  Capabilities,
  Capability,
  ClientAnswer,
  ClientRequest,
  ClientUnderTest,
  FallbackUnderTest,
} from './conformance/adapter.ts';
export {
  type ConformanceColumn,
  describeAdapter,
  leftOut,
  reasonAgainst,
  type TestRunner,
} from './conformance/describe-adapter.ts';
export { loopback } from './conformance/loopback.ts';
export { play, type Seen, type StartWire, type Wire } from './conformance/play.ts';
export type { Action, Call, Observation, Scenario } from './conformance/scenario.ts';
export { SCENARIOS } from './conformance/scenarios.ts';
export { ForeignAbort, SIGNAL_MAKES, type SignalMake } from './foreign-signal.ts';
export { ManualClock } from './manual-clock.ts';
export { NeverAcceptingServer } from './never-accepting-server.ts';
export { ScriptedServer, type ScriptedServerOptions, type SeenRequest, type Standing } from './scripted-server.ts';
export { ShiftedClock } from './shifted-clock.ts';
export {
  type AnswerOptions,
  answer,
  breakBody,
  close,
  drip,
  hang,
  redirect,
  reset,
  type Step,
  untilClose,
} from './step.ts';
