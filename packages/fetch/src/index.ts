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
  type CutoutFetch,
  type CutoutInit,
  createFetch,
  type FetchAdapterOptions,
  type FetchOptions,
} from './create-fetch.ts';
export type { FetchInit, FetchInput } from './request.ts';
