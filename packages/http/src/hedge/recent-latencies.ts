/** How long the last answers of a host took, and what share of them took how long. */

export const LATENCIES_KEPT = 256;

/** Sorting them costs some microseconds, so it is not done for each answer: what a share takes moves slowly. */
const ANSWERS_PER_SORT = 16;

export class RecentLatencies {
  readonly #latest = new Float64Array(LATENCIES_KEPT);
  #sorted: Float64Array | undefined;
  #count = 0;
  #sortedAt = 0;

  /** Answers that are kept. */
  get size(): number {
    return Math.min(this.#count, LATENCIES_KEPT);
  }

  add(durationMs: number): void {
    this.#latest[this.#count % LATENCIES_KEPT] = durationMs;
    this.#count += 1;
  }

  /**
   * What at least this share of the next answers will take at most, if they are like those before; undefined where there are
   * none. The next one is as likely to come in any of the n + 1 places among n, so that the rank is taken of n + 1: of n it would
   * be exceeded a little too often.
   */
  percentile(share: number): number | undefined {
    const sorted = this.#inOrder();
    // A product such as 0.95 * 20 may come out just above the whole number that it is.
    const rank = Math.ceil((sorted.length + 1) * share - 1e-9);
    return sorted[Math.min(rank, sorted.length) - 1];
  }

  #inOrder(): Float64Array {
    const isRecent = this.#count - this.#sortedAt < ANSWERS_PER_SORT && this.#sortedAt >= ANSWERS_PER_SORT;
    if (this.#sorted && (isRecent || this.#count === this.#sortedAt)) return this.#sorted;
    this.#sorted = this.#latest.slice(0, this.size).sort();
    this.#sortedAt = this.#count;
    return this.#sorted;
  }
}
