/** Calls hooks of the application, so that none of them can break a call or the process. */

import { report } from './events.ts';
import { isThenable } from './promise-like.ts';

/** The hooks of one owner. Their first failure is reported, with this message before it. */
export class Harmless {
  readonly #message: string;
  #hasReported = false;

  constructor(message: string) {
    this.#message = message;
  }

  /** Calls a hook whose result has no use. It may return a promise, which is not waited for. */
  call(hook: () => unknown): void {
    try {
      this.#settle(hook());
    } catch (error) {
      this.report(error);
    }
  }

  /** Calls a hook for its result; undefined where it fails. A promise is no result. */
  value<T>(hook: () => T): T | undefined {
    try {
      const value = hook();
      if (!isThenable(value)) return value;
      this.report(new TypeError('it returned a promise, and must return its result at once'));
      this.#settle(value);
    } catch (error) {
      this.report(error);
    }
    return undefined;
  }

  /** Reports the first failure, and no later one. */
  report(error: unknown): void {
    if (!this.#hasReported) report(this.#message, error);
    this.#hasReported = true;
  }

  /** An unhandled rejection would end the process. */
  #settle(value: unknown): void {
    if (isThenable(value)) value.then(undefined, error => this.report(error));
  }
}
