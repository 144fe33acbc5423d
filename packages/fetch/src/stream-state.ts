/** What can be found out about a stream that somebody else reads. */

/** Whether an unlocked stream is in error. It is unlocked again when this returns. */
export async function isErrored(stream: Pick<ReadableStream, 'getReader' | 'locked'>): Promise<boolean> {
  if (stream.locked) return false;
  // A reader that is released reports an error of its own, another one each time. The stream's is always the same.
  const [first, second] = await Promise.all([closedOf(stream), closedOf(stream)]);
  return first !== undefined && first.error === second?.error;
}

/** The rejection of a reader's `closed`; undefined where that resolves. */
function closedOf(stream: Pick<ReadableStream, 'getReader'>): Promise<{ readonly error: unknown } | undefined> {
  const reader = stream.getReader();
  const closed = reader.closed.then(
    () => undefined,
    error => ({ error }),
  );
  reader.releaseLock();
  return closed;
}
