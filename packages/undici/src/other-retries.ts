/**
 * undici's own retries, over the breaker or under it: a RetryAgent, or `interceptors.retry`. Where undici retries, ours do
 * not, since one of the two multiplies the other.
 */

import { AsyncResource } from 'node:async_hooks';
import type { Controller } from './handler.ts';

/** A request that has ended. */
interface Sent {
  readonly controller: Controller | null;
  /** How often it has started: more than once where something below sends it again. */
  readonly starts: number;
}

/** Who dispatched a request. Interceptors between here and undici's hide its handler, but not its call. */
export interface DispatchTrace {
  /** Rendered when read. */
  readonly stack?: string;
}

/** Names of undici's, as they appear in a stack trace. */
const RETRYING = /\b(?:retryInterceptor|RetryAgent\.dispatch|RetryHandler\.\w+)\b/;

/** What is known of one dispatcher. */
export class OtherRetries {
  /** Something under the breaker sends again. Known from the first request that shows it on. */
  #isBelow: boolean;

  /** `dispatch`: what is under the breaker. */
  constructor(dispatch: { readonly name: string }) {
    this.#isBelow = dispatch.name === 'retryInterceptor';
  }

  /** Whether undici sends this request again. */
  sendAgain({ controller, starts }: Sent, trace: DispatchTrace | undefined): boolean {
    if (controller?.constructor?.name === 'RetryController') this.#isBelow = true;
    // Older versions hand on the controller of each sending. A client of HTTP/2 may do so, too, for one request.
    return this.#isBelow || starts > 1 || (trace !== undefined && RETRYING.test(String(trace.stack)));
  }
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

/**
 * Whether it is the handler of `undici.request` and its like, or that of `fetch`: the first one of a request, so that
 * there is no retry between. Others need a trace, which costs microseconds.
 */
export function isConsumer(handler: object): boolean {
  return handler instanceof AsyncResource || ('body' in handler && 'abort' in handler);
}

export function traceOf(): DispatchTrace {
  const trace = {};
  Error.captureStackTrace(trace, traceOf);
  return trace;
}
