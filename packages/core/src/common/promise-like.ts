/** Promises where none belongs: hooks that must answer at once. */

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
  } catch {
    return false;
  }
}

/** Handles the rejection of a promise that is not awaited: unhandled, it would end the process. Never throws. */
export function handleRejection(value: unknown): void {
  if (!isThenable(value)) return;
  try {
    value.then(undefined, () => undefined);
  } catch {
    // A `then` that throws leaves nothing to handle.
  }
}
