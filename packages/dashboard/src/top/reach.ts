/** Fetches a dashboard's snapshot or stream, or fails with what came instead. */

import { receivedDiff, receivedSnapshot } from '../received.ts';
import type { DashboardSnapshot } from '../snapshot.ts';
import { patched } from '../snapshot.ts';
import { VIEW_DEFAULTS, type View } from '../view.ts';
import { eventsOf } from './sse.ts';
import { printable } from './text.ts';

/** The address of a dashboard. */
export interface Place {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Silence after which its server counts as dead. */
  readonly silenceMs: number;
}

/** No dashboard answered. The message says what did. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** The maximum bytes of an answer. A thousand circuits take less than one million. */
const MAX_ANSWER = 16_000_000;

/** @throws UnreachableError */
export async function fetchSnapshot(place: Place, view: View): Promise<DashboardSnapshot> {
  const signal = AbortSignal.timeout(place.silenceMs);
  try {
    const response = await ask(place, view, 'json', signal);
    return snapshotOf(await readText(response), mediaType(response));
  } catch (error) {
    throw unreachable(signal.aborted ? signal.reason : error, place);
  }
}

/**
 * The snapshots of one stream, one per message. Ends when `signal` is aborted.
 * @throws UnreachableError when the stream breaks, ends, or is silent for too long
 */
export async function* streamSnapshots(
  place: Place,
  view: View,
  signal: AbortSignal,
): AsyncGenerator<DashboardSnapshot> {
  const watch = createWatch(place.silenceMs);
  const either = AbortSignal.any([signal, watch.signal]);
  try {
    const response = await ask(place, view, 'stream', either);
    yield* patchedAll(response, watch.feed);
    throw new UnreachableError('ended the stream');
  } catch (error) {
    if (signal.aborted) return;
    throw unreachable(watch.signal.aborted ? watch.signal.reason : error, place);
  } finally {
    watch.stop();
  }
}

async function* patchedAll(response: Response, feed: () => void): AsyncGenerator<DashboardSnapshot> {
  const type = mediaType(response);
  if (!type.startsWith('text/event-stream')) throw new UnreachableError(`answered ${type} without a snapshot`);
  let snapshot: DashboardSnapshot | undefined;
  for await (const { event, data } of eventsOf(response.body as AsyncIterable<Uint8Array>)) {
    feed();
    if (event === 'snapshot') snapshot = snapshotOf(data, type);
    else if (event === 'diff' && snapshot) snapshot = changed(snapshot, data);
    else continue;
    yield snapshot;
  }
}

function changed(snapshot: DashboardSnapshot, data: string): DashboardSnapshot {
  const diff = receivedDiff(parsed(data));
  if (!diff) throw new UnreachableError('sent a diff that is none');
  return patched(snapshot, diff);
}

/** Aborts after `silenceMs` without `feed`. */
function createWatch(silenceMs: number) {
  const controller = new AbortController();
  const starve = (): void => controller.abort(new DOMException('silence', 'TimeoutError'));
  let timer = setTimeout(starve, silenceMs);
  const stop = (): void => clearTimeout(timer);
  const feed = (): void => {
    stop();
    timer = setTimeout(starve, silenceMs);
  };
  return { signal: controller.signal, feed, stop };
}

async function ask({ url, headers }: Place, view: View, format: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(addressOf(url, view, format), { headers, signal });
  if (response.ok) return response;
  void response.body?.cancel();
  throw new UnreachableError(`answered ${response.status}`);
}

/** The page's address with the view in its query. Other parameters stay. */
function addressOf(page: URL, { filter, sort, reversed, limit }: View, format: string): URL {
  const url = new URL(page);
  url.searchParams.set('format', format);
  if (filter !== VIEW_DEFAULTS.filter) url.searchParams.set('filter', filter);
  if (sort !== VIEW_DEFAULTS.sort) url.searchParams.set('sort', sort);
  if (limit !== VIEW_DEFAULTS.limit) url.searchParams.set('limit', String(limit));
  if (reversed) url.searchParams.set('reversed', '');
  return url;
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER) throw new UnreachableError(`answered more than ${MAX_ANSWER} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function mediaType(response: Response): string {
  return response.headers.get('content-type')?.split(';')[0]?.trim() || 'something without a type';
}

function snapshotOf(text: string, type: string): DashboardSnapshot {
  const value = parsed(text) as Partial<DashboardSnapshot> | null | undefined;
  const snapshot = receivedSnapshot(value);
  if (snapshot) return snapshot;
  if (!Array.isArray(value?.hosts) || !Array.isArray(value.events) || !value.totals)
    throw new UnreachableError(`answered ${type} without a snapshot`);
  throw new UnreachableError(`answered a snapshot of version ${JSON.stringify(value.v)}, expected 1`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown, { silenceMs }: Place): UnreachableError {
  if (error instanceof UnreachableError) return new UnreachableError(printable(error.message));
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new UnreachableError(`said nothing for ${silenceMs / 1_000} s`);
  return new UnreachableError(printable(`cannot be reached: ${reasonOf(error)}`), { cause: error });
}

/** `fetch failed` is no reason; its cause is. */
function reasonOf(error: unknown): string {
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (cause instanceof Error) return reasonOf(cause);
  return typeof code === 'string' ? code : String(message);
}
