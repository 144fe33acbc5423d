export {
  BulkheadFullError,
  CircuitOpenError,
  FallbackError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
} from '@cutout/core';
export { createHttpPolicy, HttpTimeoutError } from '@cutout/http';
export { type AxiosAdapterOptions, type AxiosOwnOptions, attachBreaker, type Detach } from './attach-breaker.ts';
