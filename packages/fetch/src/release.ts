/** Frees the connection of a response that another attempt is to follow. */

/** Small enough to keep for a caller who may get this response after all; see the README. */
const MAX_KEPT_BYTES = 65_536;

/**
 * Reads the body into memory, or cancels it where it is larger than 64 KiB or takes longer than `withinMs`. Resolves to
 * whether the response can still be read. A clone does it: what the copy reads, the response keeps.
 */
export async function release(response: Response, withinMs: number): Promise<boolean> {
  if (!response.body) return true;
  if (Number(response.headers.get('content-length')) > MAX_KEPT_BYTES) return discard(response);
  let copy: Response;
  try {
    copy = response.clone();
  } catch {
    return discard(response);
  }
  const reader = (copy.body as ReadableStream<Uint8Array>).getReader();
  const kept = await readAll(reader, withinMs);
  if (!kept) {
    quietly(reader.cancel());
    discard(response);
  }
  return kept;
}

/** Gives the body up. Cancelling is not awaited: a source may take its time over it. */
export function discard(response: Response): false {
  if (response.body && !response.bodyUsed && !response.body.locked) quietly(response.body.cancel());
  return false;
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, withinMs: number): Promise<boolean> {
  let expire: (() => void) | undefined;
  const expired = new Promise<undefined>(resolve => {
    expire = () => resolve(undefined);
  });
  const timer = setTimeout(() => expire?.(), withinMs);
  try {
    for (let bytes = 0; bytes <= MAX_KEPT_BYTES; ) {
      const chunk = await Promise.race([reader.read(), expired]);
      if (!chunk) return false;
      if (chunk.done) return true;
      bytes += chunk.value.byteLength;
    }
    return false;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function quietly(promise: Promise<unknown>): void {
  promise.catch(() => undefined);
}
