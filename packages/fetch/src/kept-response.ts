/** Kept answers as Responses, and Responses whose bytes are kept while the caller reads them. */

import type { Answer, BodySink } from '@cutout/http';
import { isDelimited, type Keeping } from '@cutout/http/adapter';

/** A Response of its own, with a copy of the bytes. */
export function toResponse({ status, statusText, headers, body }: Answer, url: string): Response {
  return withUrl(new Response(body ?? null, { status, statusText, headers }), { url, redirected: false });
}

/** How `response` is kept; undefined where its body is not to be seen. `handOut` receives what takes its place. */
export function keepingOf(response: Response, handOut: (kept: Response) => void): Keeping<Response> | undefined {
  const { body, headers, statusText, bodyUsed } = response;
  if (typeof headers?.entries !== 'function' || bodyUsed || body?.locked) return undefined;
  if (body && typeof body.getReader !== 'function') return undefined;
  const kept = decodedHeaders(headers);
  if (!kept) return undefined;
  const tap = (sink: BodySink): Response => {
    const kept = tapped(response, sink);
    handOut(kept);
    return kept;
  };
  const hasKnownEnd = !body || isDelimited(headers.keys());
  return { statusText, headers: kept, form: 'plain', hasKnownEnd, tap };
}

/** What every fetch decodes. One that does not know a coding hands the bytes out as they came, without a sign of it. */
const DECODED = /^(identity|gzip|x-gzip|deflate|br)$/i;

/** The headers as they agree with the decoded body; undefined where that is not certain. */
function decodedHeaders(headers: Headers): [string, string][] | undefined {
  const codings = headers.get('content-encoding')?.split(',') ?? [];
  if (!codings.every(coding => DECODED.test(coding.trim()))) return undefined;
  const all = [...headers.entries()];
  return codings.length === 0 ? all : all.filter(([name]) => !/^content-(encoding|length)$/.test(name));
}

function tapped(response: Response, sink: BodySink): Response {
  if (!response.body) {
    sink.end();
    return response;
  }
  const { status, statusText, headers } = response;
  return withUrl(new Response(streamOf(response, sink), { status, statusText, headers }), response);
}

/** Reads no further than the caller does. It holds on to the Response, whose body fetch cancels once that is collected. */
function streamOf(response: Response, sink: BodySink): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const source = (): ReadableStreamDefaultReader<Uint8Array> =>
    (reader ??= (response.body as ReadableStream<Uint8Array>).getReader());
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source().read();
        if (!done) {
          sink.add(value);
          return controller.enqueue(value);
        }
        sink.end();
        controller.close();
      },
      cancel(reason) {
        sink.drop();
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
