/** What can be found out about a stream that somebody else reads. */

/** Whether an unlocked stream is in error. It is unlocked again when this resolves. */
export async function isErrored(stream: Pick<ReadableStream, 'getReader' | 'locked'>): Promise<boolean> {
  if (stream.locked) return false;
  const reader = stream.getReader();
  try {
    // Of a stream in error this is rejected from the beginning. A reader that is released reports an error of its own.
    await Promise.race([reader.closed, undefined]);
    return false;
  } catch {
    return true;
  } finally {
    reader.releaseLock();
  }
}
