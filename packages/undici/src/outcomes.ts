/** How a request through a dispatcher ended without a response, or in the middle of one. */

import { isTimeout } from '@cutout/core/internal';
import { type HttpOutcome, type HttpRequest, HttpTimeoutError } from '@cutout/http';
import { abortReason, isAborted, outcomeOfError } from '@cutout/http/adapter';

/**
 * `handler`: it threw, or `dispatch` did. `abort`: by the controller, of which the request's signal need not know, or by
 * what is between here and the network.
 */
export type FailureCause = 'handler' | 'abort' | 'other';

export function outcomeOfFailure(
  error: unknown,
  cause: FailureCause,
  request: HttpRequest,
  durationMs: number,
): HttpOutcome {
  if (cause === 'handler') return { kind: 'local', error, durationMs };
  if (cause === 'other' || error instanceof HttpTimeoutError) return outcomeOfError(error, request, durationMs);
  return { kind: isTimeout(error) ? 'caller-timeout' : 'aborted', error, durationMs };
}

/** Whether the reader of a body has left it. A deadline of the caller's is none of that: the host was too slow. */
export function isLeft(error: unknown, cause: FailureCause, { signal }: HttpRequest): boolean {
  // undici aborts a body with an error of its own, whatever the signal's reason.
  const isDeadline = isTimeout(error) || (isAborted(signal) && isTimeout(abortReason(signal)));
  return cause === 'handler' || (cause === 'abort' && !isDeadline);
}
