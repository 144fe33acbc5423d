/** What attempts are sent with beyond the caller's own headers. */

import type { HttpRequest } from '../outcome/request.ts';
import { needsKey, type ResolvedRetry } from './retry-options.ts';

export class AttemptHeaders {
  /** One for all attempts of the call. */
  #idempotencyKey: string | undefined;

  /** Undefined for none. `attempt`: its number, from 1. */
  of(attempt: number, request: HttpRequest, retry: ResolvedRetry): Readonly<Record<string, string>> | undefined {
    const tells = retry.attemptHeader !== undefined && attempt > 1;
    const identifies = this.#idempotencyKey !== undefined || needsKey(request, retry);
    if (!tells && !identifies) return undefined;
    if (identifies) this.#idempotencyKey ??= crypto.randomUUID();
    return {
      ...(this.#idempotencyKey === undefined ? {} : { 'idempotency-key': this.#idempotencyKey }),
      ...(tells ? { [retry.attemptHeader]: String(attempt - 1) } : {}),
    };
  }
}
