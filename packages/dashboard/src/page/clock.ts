/** What time it is for the server. The browser's own wall clock is not asked: it may be hours off. */

/** Beyond it, the server's clock has been put right, or this machine has slept. */
const JUMP_MS = 1_000;

export class ServerClock {
  readonly #elapsed: () => number;
  #offset: number | undefined;

  /** @param elapsed Milliseconds since any moment, without jumps. */
  constructor(elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
  }

  /** Takes the time of a message. The one that came with the least delay is the nearest to the truth. */
  sync(at: number): void {
    const offset = at - this.#elapsed();
    const delay = (this.#offset ?? offset) - offset;
    if (this.#offset === undefined || delay < 0 || delay > JUMP_MS) this.#offset = offset;
  }

  now(): number {
    return this.#elapsed() + (this.#offset ?? 0);
  }
}
