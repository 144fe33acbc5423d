/** The beginning of a response: what a fallback sees of it, and its headers as the policy reads them. */

import type { HeaderReader } from '@cutout/http';
import type { HeaderFields } from './handler.ts';

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
