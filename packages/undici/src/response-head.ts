/** The beginning of a response, and the outcome that it is to the policy. */

import type { HeaderReader, HttpOutcome } from '@cutout/http';
import type { HeaderFields } from './handler.ts';

/** What a fallback sees of a response, and its headers as the policy reads them. */
export class ResponseHead implements HeaderReader {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly statusText: string | undefined;

  constructor(status: number, headers: HeaderFields, statusText?: string) {
    this.status = status;
    this.headers = headers;
    this.statusText = statusText;
  }

  /** All values of a header, whose name is in lower case. */
  get(name: string): string | null {
    const value = this.headers[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }
}

export class StatusOutcome implements HttpOutcome {
  readonly kind = 'status' as const;
  readonly status: number;
  readonly headers: ResponseHead;
  readonly durationMs: number;
  readonly bodyPending: boolean;
  readonly #sent: { readonly isSentAgain: boolean };

  constructor(head: ResponseHead, durationMs: number, bodyPending: boolean, sent: { readonly isSentAgain: boolean }) {
    this.status = head.status;
    this.headers = head;
    this.durationMs = durationMs;
    this.bodyPending = bodyPending;
    this.#sent = sent;
  }

  /** Read only where another attempt is worth it: it may render a stack trace. A tunnel or an upgrade is sent once. */
  get isExhausted(): boolean {
    return !this.bodyPending || this.#sent.isSentAgain;
  }
}
