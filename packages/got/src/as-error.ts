/** What was thrown, as an error: got and Node take any other value of an `error` event apart, and fail. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
