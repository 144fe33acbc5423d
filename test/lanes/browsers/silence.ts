/** Ends the wait for a browser that says nothing any more. */

/** The slowest rows wait for limits of some hundred milliseconds: a minute without any result is too long. */
const SILENCE_MS = 60_000;

export class Silence {
  readonly tooLong: Promise<never>;
  #timer: NodeJS.Timeout | undefined;
  #expire: () => void;

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>();
    this.tooLong = promise;
    this.#expire = () => reject(new Error(`no row has ended for ${SILENCE_MS} ms`));
    this.broken();
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#expire, SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
