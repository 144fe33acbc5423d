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
  try {
    if (!response.body || (await keep(response, withinMs))) return true;
  } catch {
    // A response of another make need not have all that is used here.
  }
  return cancel(response);
}

async function keep(response: Response, withinMs: number): Promise<boolean> {
  if (Number(response.headers.get('content-length')) > MAX_KEPT_BYTES) return false;
  const reader = (response.clone().body as ReadableStream<Uint8Array>).getReader();
  const kept = await readAll(reader, withinMs);
  if (!kept) quietly(() => reader.cancel());
  return kept;
}

/** Gives the body up. Cancelling is not awaited: a source may take its time over it. */
export function discard(response: Response, answer?: unknown): void {
  // A fallback may have put the same body into a response of its own.
  quietly(() => {
    const { body, bodyUsed } = response;
    const isKept = !body || (answer as Response | undefined)?.body === body;
    return isKept || bodyUsed || body.locked ? undefined : body.cancel();
  });
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

/** An error while a body is discarded does not concern the call. */
function quietly(cancel: () => unknown): void {
  (async () => cancel())().catch(() => undefined);
}
