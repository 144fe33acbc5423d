/** Stale answers as Responses, and Responses whose bytes are collected while the caller reads them. */

import type { Keeping, StaleAnswer } from '@cutout/http';

type Collector = Parameters<Keeping<Response>['collect']>[0];

/** A Response of its own, with a copy of the bytes. */
export function answerStale({ status, statusText, headers, body }: StaleAnswer, url: string): Response {
  return withUrl(new Response(body ?? null, { status, statusText, headers }), { url, redirected: false });
}

/** How `response` is kept; undefined where its body is not to be seen. `handOut` is told what stands in its place. */
export function keepingOf(response: Response, handOut: (kept: Response) => void): Keeping<Response> | undefined {
  const { body, headers, statusText, bodyUsed } = response;
  if (typeof headers?.entries !== 'function' || bodyUsed || body?.locked) return undefined;
  if (body && typeof body.getReader !== 'function') return undefined;
  const collect = (collector: Collector): Response => {
    const kept = collecting(response, collector);
    handOut(kept);
    return kept;
  };
  return { statusText, headers: [...headers.entries()], collect };
}

function collecting(response: Response, collector: Collector): Response {
  if (!response.body) {
    collector.end();
    return response;
  }
  const { status, statusText, headers } = response;
  return withUrl(new Response(streamOf(response, collector), { status, statusText, headers }), response);
}

/** Reads nothing that nobody reads. It holds on to the Response, whose body fetch cancels once that is collected. */
function streamOf(response: Response, collector: Collector): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const source = (): ReadableStreamDefaultReader<Uint8Array> =>
    (reader ??= (response.body as ReadableStream<Uint8Array>).getReader());
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source().read();
        if (!done) {
          collector.add(value);
          return controller.enqueue(value);
        }
        collector.end();
        controller.close();
      },
      cancel(reason) {
        collector.drop();
        return source().cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What a constructed Response cannot be given. */
function withUrl(response: Response, { url, redirected }: Pick<Response, 'url' | 'redirected'>): Response {
  const clone = function clone(this: Response): Response {
    const { clone: native } = Object.getPrototypeOf(this) as Response;
    return withUrl(native.call(this), { url, redirected });
  };
  const own = { url, redirected, clone };
  for (const [name, value] of Object.entries(own)) Object.defineProperty(response, name, { value, configurable: true });
  return response;
}
