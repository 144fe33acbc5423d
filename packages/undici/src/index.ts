export {
  BulkheadFullError,
  CircuitOpenError,
  FallbackError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
} from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export {
  type BreakerInterceptor,
  breakerInterceptor,
  type UndiciAdapterOptions,
  type UndiciOptions,
} from './breaker-interceptor.ts';
export type { DispatchAnswer } from './dispatch-answer.ts';
export { installGlobalDispatcher, type Uninstall } from './install-global-dispatcher.ts';
