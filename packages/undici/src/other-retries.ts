/**
 * undici's own retries, over the breaker or under it: a RetryAgent, or `interceptors.retry`. Where they stand, ours yield,
 * since one of the two multiplies the other.
 */

import type { Controller } from './handler.ts';

/** What is known of one dispatcher. */
export interface OtherRetries {
  /** Something under the breaker sends again. Known from the first request that shows it on. */
  below: boolean;
}

/** `dispatch`: what is under the breaker. */
export function otherRetriesOf(dispatch: { readonly name: string }): OtherRetries {
  return { below: dispatch.name === 'retryInterceptor' };
}

const MAX_DEPTH = 10;

/** Whether it is undici's RetryHandler, or passes on to one in sight: it makes the attempts then. */
export function isRetryHandler(handler: object): boolean {
  let each: unknown = handler;
  for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object' && each !== null; depth++) {
    if ('retryOpts' in each && 'retryCount' in each) return true;
    each = (each as { handler?: unknown }).handler;
  }
  return false;
}

/** Names of undici's, as they stand in a stack. */
const RETRYING = /\b(?:retryInterceptor|RetryAgent\.dispatch|RetryHandler\.\w+)\b/;

/** One request, to which the question is put only where it has failed. */
export class RetriedRequest {
  readonly #others: OtherRetries;
  /** Who dispatched it: interceptors between here and undici's hide its handler, but not its call. Rendered when read. */
  readonly #dispatched: { readonly stack?: string } = {};

  constructor(others: OtherRetries) {
    this.#others = others;
    Error.captureStackTrace(this.#dispatched, RetriedRequest);
  }

  /** `controller`, `starts`: of the attempt that has ended. */
  isSentAgain(controller: Controller | null, starts: number): boolean {
    if (controller?.constructor?.name === 'RetryController') this.#others.below = true;
    // Older versions hand on the controller of each sending. A client of HTTP/2 may do so, too, for one request.
    return this.#others.below || starts > 1 || RETRYING.test(String(this.#dispatched.stack));
  }
}
