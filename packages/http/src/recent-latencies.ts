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

  /** What this share of them took at most, by the nearest rank; undefined where there are none. */
  percentile(share: number): number | undefined {
    const sorted = this.#inOrder();
    // A product such as 0.95 * 20 may come out just above the whole number that it is.
    return sorted[Math.ceil(sorted.length * share - 1e-9) - 1];
  }

  #inOrder(): Float64Array {
    const isRecent = this.#count - this.#sortedAt < ANSWERS_PER_SORT && this.#sortedAt >= ANSWERS_PER_SORT;
    if (this.#sorted && (isRecent || this.#count === this.#sortedAt)) return this.#sorted;
    this.#sorted = this.#latest.slice(0, this.size).sort();
    this.#sortedAt = this.#count;
    return this.#sorted;
  }
}
