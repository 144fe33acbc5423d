/** What an exchange waits for before its next attempt: its back-off, or its turn in a bulkhead's queue. */

export class AttemptWait {
  #timer: NodeJS.Timeout | undefined;
  /** Of the present wait. One that was cancelled is no longer it. */
  #token: object | undefined;
  readonly #fail: (error: Error) => void;

  /** @param fail Takes what the next attempt throws: at a timer or a promise it would end the process. */
  constructor(fail: (error: Error) => void) {
    this.#fail = fail;
  }

  get active(): boolean {
    return this.#token !== undefined;
  }

  sleep(ms: number, next: () => void): void {
    const token = this.#begin();
    this.#timer = setTimeout(() => this.#end(token, next), ms);
  }

  /** A rejection is the reason of the caller's abort. */
  queue<T>(turn: Promise<T>, next: (turn: T) => void): void {
    const token = this.#begin();
    turn.then(
      value => this.#end(token, () => next(value)),
      error => this.#end(token, () => this.#fail(error as Error)),
    );
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#token = undefined;
  }

  #begin(): object {
    this.cancel();
    this.#token = {};
    return this.#token;
  }

  #end(token: object, next: () => void): void {
    if (token !== this.#token) return;
    this.#token = undefined;
    try {
      next();
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}
