export { ManualClock } from './manual-clock.ts';
export { ScriptedServer, type SeenRequest } from './scripted-server.ts';
export { type AnswerOptions, answer, breakBody, close, drip, hang, reset, type Step } from './step.ts';
