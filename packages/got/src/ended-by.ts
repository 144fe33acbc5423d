/** What the end of an attempt says: about the host, or about the application and got themselves. */

import { type HttpOutcome, type HttpRequest, HttpTimeoutError, isAborted, outcomeOfError } from '@cutout/http';
import type { Expiry } from './call-limits.ts';
import { readerOf } from './request.ts';
import type { WireAnswer, WireWatch } from './wire-watch.ts';

/** What has been seen of the attempt. */
export interface Seen {
  readonly wire: WireWatch | undefined;
  readonly answer: WireAnswer | undefined;
  /** Whether got has begun to send it, and there is no request yet: HTTP/2 connects first. */
  readonly isSending: boolean;
}

export function statusOutcome(answer: WireAnswer, bodyPending: boolean, durationMs: number): HttpOutcome {
  return { kind: 'status', status: answer.statusCode ?? 0, headers: readerOf(answer), bodyPending, durationMs };
}

export function expiredOutcome({ error, slept }: Expiry, request: HttpRequest, durationMs: number): HttpOutcome {
  return slept ? { kind: 'slept', error, durationMs } : outcomeOfError(error, request, durationMs);
}

/** An error of the connection is the host's. Any other says nothing of it, and an answer that went before stands. */
export function endedBy(error: Error, seen: Seen, request: HttpRequest, durationMs: number): HttpOutcome {
  if (isAborted(request.signal) || isOfConnection(error, seen)) {
    return outcomeOfError(error.cause instanceof HttpTimeoutError ? error.cause : error, request, durationMs);
  }
  // got's own limit, whatever the last hop answered.
  if (seen.answer && error.name !== 'MaxRedirectsError') return statusOutcome(seen.answer, false, durationMs);
  return { kind: 'local', error, durationMs };
}

function isOfConnection(error: Error, { wire, isSending }: Seen): boolean {
  // The source of the body.
  if (error.name === 'UploadError') return false;
  if (wire) return wire.failed || isReadFailure(error);
  // A hook of the application that throws has no code of the system, and no part in it either.
  return isSending && (error as { code?: unknown }).code !== 'ERR_GOT_REQUEST_ERROR';
}

/** How got reports an answer that breaks off, and its own timeouts. */
export function isReadFailure({ name }: Error): boolean {
  return name === 'ReadError' || name === 'TimeoutError';
}
