/** Describes what fetch was called with, without consuming any of it. */

import type { HeaderReader, HttpRequest } from '@cutout/http';
import { holdSource, isListenable, parseUrl } from '@cutout/http/adapter';
import { type Upload, watchRequestBody, watchUpload } from './upload.ts';

export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchInit = NonNullable<Parameters<typeof globalThis.fetch>[1]>;

/** The arguments of one call, safe to be used for several attempts, and their description. */
export interface Described {
  readonly input: FetchInput;
  readonly init: FetchInit | undefined;
  /** What a Request loses when it is given an init; undefined where there is nothing to lose. */
  readonly reset: Pick<FetchInit, 'referrer' | 'referrerPolicy'> | undefined;
  /** Nothing can be given to fetch beside it: a navigation would become another request. */
  readonly isUntouchable: boolean;
  readonly request: HttpRequest;
  readonly headers: FetchInit['headers'];
  /** Where it matters: whether a Request, which stays the caller's, still has the headers that it had. */
  readonly isIntact: (() => boolean) | undefined;
  /** The body of the attempt that begins, where it can be sent only once; undefined for all others. */
  readonly upload: (() => Upload) | undefined;
}

/** Only what is read of a Request. Not `instanceof`: another copy of the class is a Request just as well. */
type RequestLike = Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'redirect' | 'keepalive'> &
  Partial<Pick<Request, 'mode' | 'referrer' | 'referrerPolicy'>> & { body?: unknown };

/**
 * What the caller does with these objects after the call must not reach a later attempt. `isKept`: where answers
 * may be, which belong to the headers that the request has now.
 */
export function describe(input: FetchInput, init: FetchInit | undefined, isKept = false): Described {
  const source = isRequestLike(input) ? input : undefined;
  const own = init && copyInit(init);
  if (own?.body) holdSource(own.body);
  const signal = own?.signal === undefined ? source?.signal : (own.signal ?? undefined);
  // A signal that is none is for fetch to refuse, under a limit of ours too.
  const isOdd = signal !== undefined && !isListenable(signal);
  const url = source ? source.url : String(input);
  const replayable = isReplayable(source, own);
  let sent: Upload | undefined;
  const upload = (): Upload => {
    sent = hasOwnBody(own) ? watchUpload(own.body) : watchRequestBody(source as RequestLike);
    return sent;
  };
  const request: HttpRequest = {
    method: String(own?.method ?? source?.method ?? 'GET'),
    url: absolute(url),
    headers: isKept
      ? readerOf(eagerHeaders(own?.headers ?? source?.headers))
      : lazyHeaders(own?.headers ?? source?.headers),
    replayable,
    followsRedirects: (own?.redirect ?? source?.redirect ?? 'follow') === 'follow',
    ...(isOdd || signal === undefined ? {} : { signal }),
    ...(replayable ? {} : { bodyFailed: () => sent?.failed() === true }),
    ...(isKept ? { via: { dispatcher: (own as { dispatcher?: unknown } | undefined)?.dispatcher } } : {}),
  };
  return {
    input: source ? input : url,
    init: own,
    reset: source && isEmpty(own) ? resetOf(source) : undefined,
    isUntouchable: isOdd || (source?.mode === 'navigate' && isEmpty(own)),
    request,
    headers: own?.headers ?? source?.headers,
    isIntact: isKept && source && !own?.headers ? intactness(source) : undefined,
    upload: replayable ? undefined : upload,
  };
}

/**
 * An init that has any member at all takes the referrer away, so that the initiator of a request is not passed on unseen.
 *
 * @see https://fetch.spec.whatwg.org/#dom-request, "If init is not empty"
 */
function resetOf({ referrer, referrerPolicy }: RequestLike): Described['reset'] {
  return {
    ...(referrer === undefined ? {} : { referrer }),
    ...(referrerPolicy === undefined ? {} : { referrerPolicy }),
  };
}

/** As the standard reads it: members that it does not know are none. */
function isEmpty(init: FetchInit | undefined): boolean {
  return !init || INIT_MEMBERS.every(name => (init as Readonly<Record<string, unknown>>)[name] === undefined);
}

function intactness({ headers }: RequestLike): () => boolean {
  const now = (): string => JSON.stringify([...headers]);
  const before = now();
  return () => now() === before;
}

/** What an attempt adds to the caller's own arguments. */
export interface Added {
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** In place of the caller's own. */
  readonly body: unknown;
}

/** The init of one attempt: the caller's own where nothing is added. */
export function initOf(described: Described, { signal, headers: added, body }: Added): FetchInit | undefined {
  const { init, request, headers, reset, isUntouchable } = described;
  const isOwnBody = body === undefined || body === init?.body;
  if (isUntouchable || (signal === request.signal && !added && isOwnBody)) return init;
  return {
    ...reset,
    ...init,
    ...(isOwnBody ? {} : { body: body as BodyInit }),
    ...(signal ? { signal } : {}),
    ...(added ? { headers: withAdded(headers, added) } : {}),
  };
}

function withAdded(own: FetchInit['headers'], added: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(own);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return headers;
}

function isRequestLike(input: unknown): input is RequestLike {
  const { url, method } = (typeof input === 'object' && input !== null ? input : {}) as Partial<RequestLike>;
  return typeof url === 'string' && typeof method === 'string';
}

/** In a page or a worker, URLs may be relative. */
function absolute(url: string): string {
  const base = (globalThis as { location?: { href?: string } }).location?.href;
  return (base === undefined ? null : parseUrl(url, base)?.href) ?? url;
}

/** Bytes are left where they are: copying a large upload would cost every call for the sake of a rare mistake. */
function copyInit(init: FetchInit): FetchInit {
  const copy = members(init);
  if (copy.headers) copy.headers = copyHeaders(copy.headers);
  if (copy.body instanceof URLSearchParams) copy.body = new URLSearchParams(copy.body);
  return copy;
}

/** Also makes a list of a one-shot iterator, which would be empty at the second attempt. */
function copyHeaders(headers: NonNullable<FetchInit['headers']>): NonNullable<FetchInit['headers']> {
  if (Symbol.iterator in headers)
    return [...(headers as Iterable<[string, string]>)].map(pair => [...pair] as [string, string]);
  return { ...headers };
}

/** Most calls are never asked for a header. */
function lazyHeaders(init: FetchInit['headers'] | undefined): HttpRequest['headers'] {
  let headers: Headers | undefined;
  return {
    get: name => {
      headers ??= eagerHeaders(init);
      return headers.get(name);
    },
  };
}

function readerOf(headers: Headers): HeaderReader {
  return { get: name => headers.get(name), names: () => headers.keys() };
}

/** Headers that fetch would refuse have no values. */
function eagerHeaders(init: FetchInit['headers'] | undefined): Headers {
  try {
    return new Headers(init ?? {});
  } catch {
    return new Headers();
  }
}

function isReplayable(source: RequestLike | undefined, init: FetchInit | undefined): boolean {
  const isOwn = hasOwnBody(init);
  const hasBody = isOwn || (source !== undefined && carriesBody(source));
  // Browsers allow keep-alive requests 64 KiB of body in all; sending one again may break another.
  if (hasBody && (init?.keepalive ?? source?.keepalive)) return false;
  return isOwn ? isReplayableBody(init.body) : !hasBody;
}

function hasOwnBody(
  init: FetchInit | undefined,
): init is FetchInit & { readonly body: NonNullable<FetchInit['body']> } {
  return init?.body !== undefined && init.body !== null;
}

/** Where a Request does not expose its body, as in Firefox, only methods that cannot have one are safe. */
function carriesBody(source: RequestLike): boolean {
  return source.body === undefined ? !/^(GET|HEAD)$/i.test(source.method) : source.body !== null;
}

const REPLAYABLE_TAG = /^\[object (ArrayBuffer|Blob|File|FormData|URLSearchParams)\]$/;

function isReplayableBody(body: unknown): boolean {
  return (
    typeof body === 'string' || ArrayBuffer.isView(body) || REPLAYABLE_TAG.test(Object.prototype.toString.call(body))
  );
}

/** What the fetch standard, and undici beyond it, read from an init. */
const INIT_MEMBERS = [
  'method',
  'headers',
  'body',
  'referrer',
  'referrerPolicy',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'integrity',
  'keepalive',
  'duplex',
  'priority',
  'window',
  'dispatcher',
  'signal',
] as const;

/** A copy that also works where the members are getters of a prototype: a Request may be used as an init. */
function members(init: FetchInit | undefined): FetchInit {
  const proto = init && Object.getPrototypeOf(init);
  if (!init || proto === Object.prototype || proto === null) return { ...init };
  const source = init as Readonly<Record<string, unknown>>;
  return Object.fromEntries(INIT_MEMBERS.filter(name => source[name] !== undefined).map(name => [name, source[name]]));
}
