/** Frees the connection of a response that another attempt is to follow. */

/** Small enough to keep for a caller who may get this response after all; see the README. */
const MAX_KEPT_BYTES = 65_536;
/**
 * undici closes the connection of a cancelled body a turn or two of the event loop later. A request made before that
 * finds it still there, and opens a second one beside it that stays. Measured: 1 ms was too short at times, 2 ms never.
 */
const CLOSING_MS = 5;

/**
 * Reads the body into memory, or cancels it where it is larger than 64 KiB or takes longer than `withinMs`. Resolves to
 * whether the response can still be read. A clone does it: what the copy reads, the response keeps.
 */
export async function release(response: Response, withinMs: number): Promise<boolean> {
  if (!response.body) return true;
  if (Number(response.headers.get('content-length')) > MAX_KEPT_BYTES) return cancel(response);
  let copy: Response;
  try {
    copy = response.clone();
  } catch {
    return cancel(response);
  }
  const reader = (copy.body as ReadableStream<Uint8Array>).getReader();
  const kept = await readAll(reader, withinMs);
  if (kept) return true;
  quietly(reader.cancel());
  return cancel(response);
}

/** Gives the body up. Cancelling is not awaited: a source may take its time over it. */
export function discard(response: Response, answer?: unknown): void {
  // A fallback may have put the same body into a response of its own.
  if (response.body && (answer as Response | undefined)?.body === response.body) return;
  if (response.body && !response.bodyUsed && !response.body.locked) quietly(response.body.cancel());
}

async function cancel(response: Response): Promise<false> {
  discard(response);
  await new Promise(resolve => setTimeout(resolve, CLOSING_MS));
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
