/** Our own errors in the shape that axios users expect. Everything else is axios' own and stays as it is. */

import { type BulkheadFullError, type CircuitOpenError, isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import { HttpTimeoutError } from '@cutout/http';
import { AxiosError, CanceledError, type InternalAxiosRequestConfig, isAxiosError, isCancel } from 'axios';
import { restoreConfig } from './config-copy.ts';

export function asAxiosError(
  error: unknown,
  config: InternalAxiosRequestConfig,
  signal: AbortSignal | undefined,
): unknown {
  if (signal?.aborted && error === signal.reason && !isCancel(error)) return canceled(error, config);
  if (isAxiosError(error) || isCancel(error)) return withOwnConfig(error);
  if (error instanceof HttpTimeoutError) return wrap(error, AxiosError.ETIMEDOUT ?? 'ETIMEDOUT', config);
  if (isCircuitOpenError(error)) return wrap(error as CircuitOpenError, 'ERR_CIRCUIT_OPEN', config);
  if (isBulkheadFullError(error)) return wrap(error as BulkheadFullError, 'ERR_BULKHEAD_FULL', config);
  return error;
}

function wrap(cause: Error, code: string, config: InternalAxiosRequestConfig): AxiosError {
  const error = new AxiosError(cause.message, code, config);
  Object.defineProperty(error, 'cause', { value: cause, configurable: true, enumerable: false, writable: true });
  return error;
}

/** An abort during a wait between attempts: axios is not running then, so this makes its error. */
function canceled(reason: unknown, config: InternalAxiosRequestConfig): CanceledError<unknown> {
  const error = new CanceledError('canceled', config as never);
  Object.defineProperty(error, 'cause', { value: reason, configurable: true, enumerable: false, writable: true });
  return error;
}

/** The attempt may have run with a copy of the config; the caller knows the original. */
function withOwnConfig(error: unknown): unknown {
  restoreConfig(error);
  restoreConfig((error as { response?: unknown }).response);
  return error;
}
