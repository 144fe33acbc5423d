/** Percentiles of a histogram, as accurate as its buckets. */

import { LATENCY_BOUNDS_MS } from '@cutout/http';

/**
 * The latency that a share of the answers did not exceed, assuming an even spread within each bucket. Latencies beyond the
 * last bound are reported as that bound.
 *
 * @param buckets The buckets of `LatencyMetrics`.
 * @returns Undefined if they are empty.
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile the same calculation
 */
export function percentile(buckets: readonly number[], share: number): number | undefined {
  const wanted = share * buckets.reduce((sum, count) => sum + count, 0);
  if (wanted === 0) return undefined;
  let below = 0;
  for (const [index, count] of buckets.entries()) {
    if (below + count >= wanted) return within(index, (wanted - below) / count);
    below += count;
  }
  return LATENCY_BOUNDS_MS.at(-1);
}

function within(bucket: number, share: number): number {
  const lower = LATENCY_BOUNDS_MS[bucket - 1] ?? 0;
  const upper = LATENCY_BOUNDS_MS[bucket] ?? lower;
  return lower + share * (upper - lower);
}
