/** Whether a departure is more than chance. */

/**
 * The lower end of the Wilson score interval: the share that `part` of `whole` speaks for at least, `z` standard errors
 * down. Unlike the plain normal interval it holds for small samples and for shares near 0 and 1.
 *
 * @see E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am. Stat. Assoc. 22 (1927)
 */
export function wilsonLower(part: number, whole: number, z: number): number {
  const share = part / whole;
  const perCall = (z * z) / whole;
  const spread = z * Math.sqrt((share * (1 - share)) / whole + (perCall / whole) * 0.25);
  return (share + perCall / 2 - spread) / (1 + perCall);
}

/**
 * How many standard errors the mean of `count` values lies above `mean`, for values that spread by `deviation`: the
 * z statistic. `Infinity` where the values do not spread at all.
 */
export function zOfMean(sampleMean: number, count: number, mean: number, deviation: number): number {
  const error = deviation / Math.sqrt(count);
  if (error > 0) return (sampleMean - mean) / error;
  return sampleMean > mean ? Number.POSITIVE_INFINITY : 0;
}
