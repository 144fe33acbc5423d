/** Detects a time limit that passed while the process did not run: no evidence about the host. */

/** A timer of a busy process is late too, by less than this. */
const MIN_LATE_MS = 1_000;

/**
 * Whether a limit fired so late that the process slept: it was stopped, frozen, or suspended with its machine.
 *
 * @param lateMs Milliseconds between the end of the limit and the moment its timer ran.
 * @param limitMs The limit itself.
 */
export function isLate(lateMs: number, limitMs: number): boolean {
  return lateMs > Math.max(MIN_LATE_MS, limitMs / 2);
}
