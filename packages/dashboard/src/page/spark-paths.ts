/** The outlines of a sparkline's bars. */

export const SPARK_HEIGHT = 18;
/** From one bar to the next. */
export const SPARK_PITCH = 4;
const BAR_WIDTH = 3;
/** A single failure among thousands is to be seen, too. */
const LEAST = 2;

export interface SparkPaths {
  readonly good: string;
  readonly bad: string;
}

/** One bar for each per cent, and a gap for each null. */
export function sparkPaths(spark: readonly (number | null)[]): SparkPaths {
  let good = '';
  let bad = '';
  spark.forEach((success, n) => {
    if (success === null) return;
    const failed = success >= 100 ? 0 : Math.max(LEAST, Math.round(((100 - success) / 100) * SPARK_HEIGHT));
    if (failed > 0) bad += bar(n, 0, failed);
    // With a gap between the two, so that they can be told apart without colours.
    const top = failed > 0 ? failed + 1 : 0;
    if (top < SPARK_HEIGHT) good += bar(n, top, SPARK_HEIGHT - top);
  });
  return { good, bad };
}

function bar(n: number, y: number, height: number): string {
  return `M${n * SPARK_PITCH} ${y}h${BAR_WIDTH}v${height}h-${BAR_WIDTH}z`;
}
