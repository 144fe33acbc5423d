/** Our own errors in the shape that axios users expect. Everything else is axios' own and stays as it is. */

import { type BulkheadFullError, type CircuitOpenError, isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import { HttpTimeoutError } from '@cutout/http';
import { AxiosError, CanceledError, type InternalAxiosRequestConfig, isAxiosError, isCancel } from 'axios';

export function asAxiosError(
  error: unknown,
  config: InternalAxiosRequestConfig,
  signal: AbortSignal | undefined,
): unknown {
  if (isAxiosError(error) || isCancel(error)) return ownConfig(error, config);
  if (error instanceof HttpTimeoutError) return wrap(error, AxiosError.ETIMEDOUT ?? 'ETIMEDOUT', config);
  if (signal?.aborted && error === signal.reason) return canceled(error, config);
  if (isCircuitOpenError(error)) return wrap(error as CircuitOpenError, 'ERR_CIRCUIT_OPEN', config);
  if (isBulkheadFullError(error)) return wrap(error as BulkheadFullError, 'ERR_BULKHEAD_FULL', config);
  return error;
}

function wrap(cause: Error, code: string, config: InternalAxiosRequestConfig): AxiosError {
  const error = new AxiosError(cause.message, code, config);
  Object.defineProperty(error, 'cause', { value: cause, configurable: true, enumerable: false, writable: true });
  return error;
}

/** An abort during a wait between attempts, where axios is not there to say so itself. */
function canceled(reason: unknown, config: InternalAxiosRequestConfig): CanceledError<unknown> {
  const error = new CanceledError('canceled', config as never);
  Object.defineProperty(error, 'cause', { value: reason, configurable: true, enumerable: false, writable: true });
  return error;
}

/** Under a time limit the attempt ran with a copy of the config; the caller knows the original. */
function ownConfig(error: { config?: unknown }, config: InternalAxiosRequestConfig): unknown {
  if (error.config && error.config !== config) error.config = config;
  return error;
}
