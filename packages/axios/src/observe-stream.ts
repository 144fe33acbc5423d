/** Sees how a body ends that axios hands out as a stream of Node's: `responseType: 'stream'`. */

import type { BodyWatch } from '@cutout/http';

/** What is needed of such a stream. */
export interface NodeStream {
  readonly errored?: Error | null;
  once(event: 'end' | 'close', listener: () => void): unknown;
}

export function isStream(data: unknown): data is NodeStream {
  const { once, pipe } = (data ?? {}) as { once?: unknown; pipe?: unknown };
  return typeof once === 'function' && typeof pipe === 'function';
}

/** Listens to no `error`: a stream's error that nobody else listens to must stay one. */
export function observe(stream: NodeStream, watch: BodyWatch): void {
  let ended = false;
  stream.once('end', () => {
    ended = true;
    watch.whole();
  });
  stream.once('close', () => {
    if (ended) return;
    if (stream.errored) watch.broken(stream.errored);
    else watch.cancelled();
  });
}
