/** The body of a request, watched: its source may fail by itself, which says nothing about the host. */

import { type BodySource, watchIterated, watchPiped } from '@cutout/http/adapter';
import type { TransportName } from './transport-name.ts';

interface Streams {
  from?(source: AsyncIterable<unknown>): ReadableStream;
}

/** The http adapter pipes a stream of Node's, the fetch adapter iterates it. */
export function watchUpload(data: unknown, adapter: TransportName): BodySource {
  if (adapter !== 'fetch') return watchPiped(data);
  if (typeof (ReadableStream as unknown as Streams).from !== 'function') return { body: data, failed: () => false };
  const source = watchIterated(data);
  if (source.body === data || source.body instanceof ReadableStream) return source;
  // Not every version of axios hands an iterable on to fetch: some send it as a text.
  return {
    body: (ReadableStream as unknown as Required<Streams>).from(source.body as AsyncIterable<unknown>),
    failed: source.failed,
  };
}
