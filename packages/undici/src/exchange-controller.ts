/** What the handler steers by: the controller of the present attempt, whichever that is. */

import type { Controller } from './handler.ts';

/** What hears an abort that no attempt can hear. */
interface Waiting {
  abortUnsent(reason: Error): void;
}

type Raw = Controller['rawHeaders'];

/** Can be assigned to wherever undici's own can: its interceptors set the raw headers and trailers, and even `abort`. */
export class ExchangeController implements Controller {
  aborted = false;
  reason: Error | null = null;
  started = false;
  readonly #exchange: Waiting;
  #inner: Controller | null = null;
  #isPaused = false;
  /** What an interceptor has put in the place of the present attempt's. */
  #rawHeaders: Raw;
  #rawTrailers: Raw;

  constructor(exchange: Waiting) {
    this.#exchange = exchange;
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
    else this.#exchange.abortUnsent(reason);
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
