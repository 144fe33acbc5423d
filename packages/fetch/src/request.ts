/** Describes what fetch was called with, without consuming any of it. */

import type { HttpRequest } from '@cutout/http';

export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchInit = NonNullable<Parameters<typeof globalThis.fetch>[1]>;

/** The arguments of one call, safe to be used for several attempts, and their description. */
export interface Described {
  readonly input: FetchInput;
  readonly init: FetchInit | undefined;
  readonly request: HttpRequest;
}

/** Only what is read of a Request. Not `instanceof`: another copy of the class is a Request just as well. */
type RequestLike = Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'redirect' | 'keepalive'> & {
  body?: unknown;
};

export function describe(input: FetchInput, init: FetchInit | undefined): Described {
  const source = isRequestLike(input) ? input : undefined;
  const steady = withSteadyHeaders(init);
  const signal = init?.signal === undefined ? source?.signal : (init.signal ?? undefined);
  const request: HttpRequest = {
    method: String(init?.method ?? source?.method ?? 'GET'),
    url: absolute(source ? source.url : String(input)),
    headers: lazyHeaders(steady?.headers ?? source?.headers),
    replayable: isReplayable(source, init),
    followsRedirects: (init?.redirect ?? source?.redirect ?? 'follow') === 'follow',
    ...(signal ? { signal } : {}),
  };
  return { input, init: steady, request };
}

/** The init of one attempt: the caller's own where the signal is the caller's own. */
export function withSignal({ init, request }: Described, signal: AbortSignal | undefined): FetchInit | undefined {
  return signal === request.signal ? init : { ...members(init), signal: signal ?? null };
}

function isRequestLike(input: unknown): input is RequestLike {
  const { url, method } = (typeof input === 'object' && input !== null ? input : {}) as Partial<RequestLike>;
  return typeof url === 'string' && typeof method === 'string';
}

/** In a page or a worker, URLs may be relative. */
function absolute(url: string): string {
  const base = (globalThis as { location?: { href?: string } }).location?.href;
  return (base === undefined ? null : URL.parse(url, base)?.href) ?? url;
}

/** A one-shot iterator of headers would be empty at the second attempt. */
function withSteadyHeaders(init: FetchInit | undefined): FetchInit | undefined {
  const headers = init?.headers as object | null | undefined;
  if (typeof headers !== 'object' || headers === null || !('next' in headers)) return init;
  return { ...members(init), headers: [...(headers as unknown as Iterable<[string, string]>)] };
}

/** Most calls are never asked for a header. Headers that fetch would refuse have no values. */
function lazyHeaders(init: FetchInit['headers'] | undefined): HttpRequest['headers'] {
  let headers: Headers | undefined;
  const read = (): Headers => {
    try {
      return new Headers(init ?? {});
    } catch {
      return new Headers();
    }
  };
  return {
    get: name => {
      headers ??= read();
      return headers.get(name);
    },
  };
}

function isReplayable(source: RequestLike | undefined, init: FetchInit | undefined): boolean {
  const body: unknown = init?.body;
  const hasOwnBody = body !== undefined && body !== null;
  const hasBody = hasOwnBody || (source !== undefined && carriesBody(source));
  // Browsers allow keep-alive requests 64 KiB of body in all; sending one again may break another.
  if (hasBody && (init?.keepalive ?? source?.keepalive)) return false;
  return hasOwnBody ? isReplayableBody(body) : !hasBody;
}

/** Where a Request does not tell its body, as in Firefox, only methods that cannot have one are safe. */
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
