/** How long answers took, by buckets of fixed bounds. */

/**
 * Upper bounds in milliseconds, inclusive; one bucket more holds what is slower.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ `http.client.request.duration`
 */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000,
];

export interface LatencyMetrics {
  readonly count: number;
  readonly sumMs: number;
  /** For each of {@link LATENCY_BOUNDS_MS} those that took no longer, and longer than the bound before; then the rest. */
  readonly buckets: readonly number[];
}

export class LatencyHistogram {
  readonly #buckets: number[] = Array(LATENCY_BOUNDS_MS.length + 1).fill(0);
  #sumMs = 0;

  add(durationMs: number): void {
    let bucket = 0;
    while (durationMs > (LATENCY_BOUNDS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1;
    this.#sumMs += durationMs;
  }

  get metrics(): LatencyMetrics {
    const buckets = [...this.#buckets];
    return { count: buckets.reduce((sum, each) => sum + each, 0), sumMs: this.#sumMs, buckets };
  }
}
