/** The server's time. The browser's own wall clock may be hours off. */

/** A larger difference means that the server's clock was adjusted, or that this machine slept. */
const JUMP_MS = 1_000;

export class ServerClock {
  readonly #elapsed: () => number;
  #offset: number | undefined;

  /** @param elapsed Milliseconds of a monotonic clock. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
  }

  /** Takes the time of a message. The message with the least delay is the most accurate. */
  sync(at: number): void {
    const offset = at - this.#elapsed();
    const delay = (this.#offset ?? offset) - offset;
    if (this.#offset === undefined || delay < 0 || delay > JUMP_MS) this.#offset = offset;
  }

  now(): number {
    return this.#elapsed() + (this.#offset ?? 0);
  }
}
