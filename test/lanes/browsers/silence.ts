/** Ends the wait for a silent browser. */

/** The slowest rows wait some hundred milliseconds, so a minute without a result means a hang. */
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
