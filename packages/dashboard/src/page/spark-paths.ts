/** The outlines of a sparkline's bars. */

export const SPARK_HEIGHT = 18;
/** The distance from one bar to the next. */
export const SPARK_PITCH = 4;
const BAR_WIDTH = 3;
/** The minimum height: one failure among thousands stays visible. */
const LEAST = 2;

export interface SparkPaths {
  readonly good: string;
  readonly bad: string;
}

/** One bar per percentage, and a gap for each null. */
export function sparkPaths(spark: readonly (number | null)[]): SparkPaths {
  let good = '';
  let bad = '';
  spark.forEach((success, n) => {
    if (success === null) return;
    const failed = success >= 100 ? 0 : Math.max(LEAST, Math.round(((100 - success) / 100) * SPARK_HEIGHT));
    if (failed > 0) bad += bar(n, 0, failed);
    // With a gap between the two, so they differ without colours too.
    const top = failed > 0 ? failed + 1 : 0;
    if (top < SPARK_HEIGHT) good += bar(n, top, SPARK_HEIGHT - top);
  });
  return { good, bad };
}

function bar(n: number, y: number, height: number): string {
  return `M${n * SPARK_PITCH} ${y}h${BAR_WIDTH}v${height}h-${BAR_WIDTH}z`;
}
