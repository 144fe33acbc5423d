/** Instants that may be missing. */

/** The later of two instants; where one is missing, the other. */
export function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
