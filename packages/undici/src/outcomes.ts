/** How an attempt through a dispatcher ended, as the policy is told. */

import { isTimeout } from '@cutout/core/internal';
import { type HttpOutcome, type HttpRequest, HttpTimeoutError, outcomeOfError } from '@cutout/http';
import { FieldReader } from './field-reader.ts';
import type { HeaderFields } from './handler.ts';

export function outcomeOfStatus(
  status: number,
  headers: HeaderFields,
  bodyPending: boolean,
  durationMs: number,
): HttpOutcome {
  return { kind: 'status', status, headers: new FieldReader(headers), bodyPending, durationMs };
}

/** `aborted`: by the handler, of which the request's signal need not know. */
export function outcomeOfFailure(
  error: Error,
  aborted: boolean,
  request: HttpRequest,
  durationMs: number,
): HttpOutcome {
  if (!aborted || error instanceof HttpTimeoutError) return outcomeOfError(error, request, durationMs);
  return { kind: isTimeout(error) ? 'caller-timeout' : 'aborted', error, durationMs };
}
