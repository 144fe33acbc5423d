export { CircuitOpenError, findCircuitOpenError, isCircuitOpenError } from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export { type BreakerHooks, breakerHooks } from './breaker-hooks.ts';
