/** The controller that the caller's handler has: it controls the present attempt, or the answer that is replayed. */

import type { Controller } from './handler.ts';

/** Takes an abort while there is nothing to abort on the wire, or more than one request. */
interface Abortable {
  abortUnsent(reason: Error): void;
}

type Raw = Controller['rawHeaders'];

/** Can be assigned to wherever undici's own can: its interceptors set the raw headers and trailers, and even `abort`. */
export class CallController implements Controller {
  aborted = false;
  reason: Error | null = null;
  started = false;
  readonly #call: Abortable;
  #inner: Controller | null = null;
  #isPaused = false;
  /** What an interceptor has assigned in place of the present attempt's. */
  #rawHeaders: Raw;
  #rawTrailers: Raw;

  constructor(call: Abortable) {
    this.#call = call;
  }

  get inner(): Controller | null {
    return this.#inner;
  }

  /** A handler that has paused stays so across attempts. */
  set inner(inner: Controller | null) {
    this.#inner = inner;
    this.#rawHeaders = undefined;
    this.#rawTrailers = undefined;
    if (this.#isPaused) inner?.pause();
  }

  get paused(): boolean {
    return this.#isPaused || (this.#inner?.paused ?? false);
  }

  get rawHeaders(): Raw {
    return this.#rawHeaders === undefined ? (this.#inner?.rawHeaders ?? null) : this.#rawHeaders;
  }

  set rawHeaders(raw: Raw) {
    this.#rawHeaders = raw;
  }

  get rawTrailers(): Raw {
    return this.#rawTrailers === undefined ? (this.#inner?.rawTrailers ?? null) : this.#rawTrailers;
  }

  set rawTrailers(raw: Raw) {
    this.#rawTrailers = raw;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    if (this.#inner) this.#inner.abort(reason);
    else this.#call.abortUnsent(reason);
  }

  pause(): void {
    this.#isPaused = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#inner?.resume();
  }
}
