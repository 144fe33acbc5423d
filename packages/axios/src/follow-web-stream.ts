/** Follows a body that the fetch adapter hands out as a web stream. */

import type { StreamEnd } from './stream-end.ts';

export function isWebStream(data: unknown): data is ReadableStream<Uint8Array> {
  return data instanceof ReadableStream && !data.locked;
}

/** The stream for the caller: what it does with it, and what becomes of the source, are seen. It reads nothing ahead. */
export function followWebStream(source: ReadableStream<Uint8Array>, end: StreamEnd): ReadableStream<Uint8Array> {
  const ofBytes = takesBuffers(source);
  const reader = source.getReader();
  const pull = async (controller: ReadableByteStreamController | ReadableStreamDefaultController): Promise<void> => {
    const { done, value } = await readNext(reader).catch(error => {
      end.finish(watch => watch.broken(error));
      throw error;
    });
    if (!done) return controller.enqueue(value as never);
    end.finish(watch => watch.whole());
    controller.close();
    if ('byobRequest' in controller) controller.byobRequest?.respond(0);
  };
  const cancel = (reason: unknown): Promise<void> => {
    end.finish(watch => watch.cancelled());
    return reader.cancel(reason);
  };
  const sink = ofBytes ? { type: 'bytes', pull, cancel } : { pull, cancel };
  return new ReadableStream(sink as UnderlyingDefaultSource<Uint8Array>, { highWaterMark: 0 });
}

/** A stream of bytes takes no empty part. */
async function readNext(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  for (;;) {
    const step = await reader.read();
    if (step.done || step.value?.byteLength !== 0) return step;
  }
}

function takesBuffers(source: ReadableStream): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
