/** What the handler steers by: the controller of the present attempt, whichever that is. */

import type { Controller } from './handler.ts';

/** What hears an abort that no attempt can hear. */
interface Waiting {
  abortWait(reason: Error): void;
}

export class ExchangeController implements Controller {
  inner: Controller | null = null;
  aborted = false;
  reason: Error | null = null;
  started = false;
  readonly #exchange: Waiting;

  constructor(exchange: Waiting) {
    this.#exchange = exchange;
  }

  get paused(): boolean {
    return this.inner?.paused ?? false;
  }

  get rawHeaders(): Controller['rawHeaders'] {
    return this.inner?.rawHeaders ?? null;
  }

  get rawTrailers(): Controller['rawTrailers'] {
    return this.inner?.rawTrailers ?? null;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.inner?.abort(reason);
    this.#exchange.abortWait(reason);
  }

  pause(): void {
    this.inner?.pause();
  }

  resume(): void {
    this.inner?.resume();
  }
}
