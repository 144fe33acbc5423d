/** How a request through a dispatcher ended, as the policy reads it. */

import { isTimeout } from '@cutout/core/internal';
import { type HttpOutcome, type HttpRequest, HttpTimeoutError, outcomeOfError } from '@cutout/http';
import type { ResponseHead } from './response-head.ts';

/** Whether undici itself sends a request again. */
export interface SentAgain<S> {
  isSentAgain(sent: S): boolean;
}

export class StatusOutcome<S> implements HttpOutcome {
  readonly kind = 'status' as const;
  readonly status: number;
  readonly headers: ResponseHead;
  readonly durationMs: number;
  readonly bodyPending: boolean;
  readonly #sent: S;
  readonly #retries: SentAgain<S>;

  constructor(head: ResponseHead, durationMs: number, bodyPending: boolean, sent: S, retries: SentAgain<S>) {
    this.status = head.status;
    this.headers = head;
    this.durationMs = durationMs;
    this.bodyPending = bodyPending;
    this.#sent = sent;
    this.#retries = retries;
  }

  /** Read only where another attempt is worth it: it may render a stack trace. A tunnel or an upgrade is sent once. */
  get givenUp(): boolean {
    return !this.bodyPending || this.#retries.isSentAgain(this.#sent);
  }
}

/** `isAborted`: by the handler, of which the request's signal need not know. */
export function outcomeOfFailure(
  error: unknown,
  isAborted: boolean,
  request: HttpRequest,
  durationMs: number,
): HttpOutcome {
  if (!isAborted || error instanceof HttpTimeoutError) return outcomeOfError(error, request, durationMs);
  return { kind: isTimeout(error) ? 'caller-timeout' : 'aborted', error, durationMs };
}
