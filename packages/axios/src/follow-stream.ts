/** Follows a body that axios hands out as a stream of Node's: `responseType: 'stream'`. */

import type { End, StreamEnd } from './stream-end.ts';

/** What is needed of such a stream. */
export interface NodeStream {
  readonly errored?: Error | null;
  readonly closed?: boolean;
  readonly readableEnded?: boolean;
  once(event: 'end' | 'close', listener: () => void): unknown;
  getMaxListeners?(): number;
  setMaxListeners?(count: number): unknown;
}

/** Node's incoming message that carries the body. Decoders and counters may lie between it and the stream. */
interface Incoming {
  readonly complete: boolean;
  readonly socket?: { readonly destroyed?: boolean; readonly errored?: { readonly syscall?: unknown } | null } | null;
  readonly req?: { readonly aborted?: boolean } | null;
  /** Node has thrown away what was not read, because the request was destroyed. */
  readonly _dumped?: boolean;
  once(event: 'aborted', listener: () => void): unknown;
}

export function isStream(data: unknown): data is NodeStream {
  const { once, pipe } = (data ?? {}) as { once?: unknown; pipe?: unknown };
  return typeof once === 'function' && typeof pipe === 'function';
}

/**
 * Reports to `end`. Listens to no `error`: a stream's error that nothing else listens to must stay one.
 *
 * @param request The client's request object: its `res` is the incoming message.
 */
export function followStream(stream: NodeStream, request: unknown, end: StreamEnd): void {
  const wire = followIncoming((request as { res?: unknown } | null | undefined)?.res);
  const whole: End = watch => watch.whole();
  makeRoom(stream);
  stream.once('end', () => end.finish(whole));
  stream.once('close', () => end.finish(endOfClosed(stream, wire)));
  if (stream.readableEnded) end.finish(whole);
  else if (stream.closed) end.finish(endOfClosed(stream, wire));
}

/** Our listener is none of those that Node warns its user of. */
function makeRoom(stream: NodeStream): void {
  const most = stream.getMaxListeners?.() ?? 0;
  if (most > 0) stream.setMaxListeners?.(most + 1);
}

/** `under way` at the end of the stream: a stream above the message was closed first, by the reader. */
type Fate = 'unknown' | 'under way' | 'complete' | 'cut' | 'left';

/** Codes of a decoder that was fed what is no such coding. */
const DECODER_CODE = /^(Z_|ZSTD_|ERR__|ERR_BROTLI_)/;
/** Codes of a reader that went away. */
const READER_CODE = /^(ERR_STREAM_PREMATURE_CLOSE|ABORT_ERR)$/;

/** Closed before its end. The reader may have given any error to `destroy`, a connection's of its own too. */
function endOfClosed({ errored }: NodeStream, wire: () => Fate): End {
  const { code = '' } = (errored ?? {}) as { code?: unknown };
  const broken: End = watch => watch.broken(errored ?? new Error('the body was cut'));
  const fate = wire();
  if (fate === 'cut' || DECODER_CODE.test(String(code))) return broken;
  if (fate === 'unknown' && errored && !READER_CODE.test(String(code))) return broken;
  return watch => watch.cancelled();
}

/**
 * What became of the incoming message. It emits `aborted` whichever side ended it. The host's end has destroyed the socket
 * before that; the reader's destroys it after, or by way of the request, as `pipeline` does.
 */
function followIncoming(res: unknown): () => Fate {
  if (!isIncoming(res)) return () => 'unknown';
  let aborted: Fate | undefined;
  res.once('aborted', () => {
    aborted = isLeft(res) || res.complete ? 'left' : 'cut';
  });
  return () => aborted ?? (res.complete ? 'complete' : 'under way');
}

function isLeft({ socket, req, _dumped }: Incoming): boolean {
  if (!socket?.destroyed) return true;
  // An error of the connection's own: it destroys the request too.
  if (typeof socket.errored?.syscall === 'string') return false;
  return req?.aborted === true || _dumped === true;
}

function isIncoming(res: unknown): res is Incoming {
  const { complete, once } = (res ?? {}) as Partial<Incoming>;
  return typeof complete === 'boolean' && typeof once === 'function';
}
