/** Medians and spreads. */

export interface Spread {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** The quantile `q` of the values, interpolated. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('values must not be empty, got []');
  const sorted = Float64Array.from(values).sort();
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Minimum to maximum: for few values. */
export function range(values: readonly number[]): Spread {
  return { low: Math.min(...values), middle: median(values), high: Math.max(...values) };
}

/** 10th to 90th percentile: for many values. */
export function deciles(values: readonly number[]): Spread {
  return { low: quantile(values, 0.1), middle: median(values), high: quantile(values, 0.9) };
}

/** The median with its 95 % confidence interval, for any distribution. */
export function confidence(values: readonly number[]): Spread {
  // A true share of one half among n values has a standard deviation of 0.5 / sqrt(n).
  const off = Math.min(0.5, (1.96 * 0.5) / Math.sqrt(values.length));
  return { low: quantile(values, 0.5 - off), middle: median(values), high: quantile(values, 0.5 + off) };
}
