/** Describes a dispatched request for the policy. */

import { type ParsedUrlQueryInput, stringify } from 'node:querystring';
import type { HeaderReader, HttpCallOptions, HttpRequest } from '@cutout/http';
import type { Handler } from './handler.ts';
import type { DispatchTrace, OtherRetries } from './other-retries.ts';
import type { WatchedBody } from './watched-body.ts';

/** Marks the options of a request that an outer interceptor of ours guards; other interceptors pass it down. */
const GUARDED: unique symbol = Symbol.for('cutout.call');

/** What is read of undici's dispatch options. Their shape depends on who calls, and on which interceptors came before. */
export interface DispatchOptions {
  readonly [GUARDED]?: true;
  readonly origin?: string | URL | null;
  readonly path?: string;
  readonly query?: unknown;
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly upgrade?: unknown;
  readonly signal?: unknown;
  readonly dispatcher?: unknown;
  readonly cutout?: HttpCallOptions;
}

/** How a dispatcher is given a request. */
export type Dispatch = (options: DispatchOptions, handler: unknown) => boolean;

/** One request as it was dispatched. */
export interface Dispatched {
  /** Of the dispatcher below. */
  readonly dispatch: Dispatch;
  readonly options: DispatchOptions;
  readonly body: WatchedBody | undefined;
  /** The caller's. */
  readonly handler: Handler;
  readonly others: OtherRetries;
  readonly trace: DispatchTrace | undefined;
}

export function isGuarded(options: DispatchOptions): boolean {
  return options[GUARDED] === true;
}

export function markGuarded(options: DispatchOptions): DispatchOptions {
  return { ...options, [GUARDED]: true };
}

/** undici 7 leaves the option in by which a caller chose this very dispatcher, and 8 refuses it there. */
export function withoutDispatcher<O extends object>(options: O, own: unknown): O {
  if ((options as DispatchOptions | null)?.dispatcher !== own) return options;
  const { dispatcher, ...rest } = options as O & DispatchOptions;
  return rest as O;
}

/** What a dispatcher knows of all its requests. */
export interface Bound {
  /** That of a Client or Pool, which leaves it out of the options. */
  readonly origin: string | undefined;
  /** The unix socket that it dials. */
  readonly socketPath: string | undefined;
  /** The dispatcher, whose sockets and proxies are not to be seen. */
  readonly via: HttpRequest['via'];
}

export function describe(options: DispatchOptions, bound: Bound, body: WatchedBody | undefined): HttpRequest {
  return new DispatchedRequest(options, bound, body);
}

/** Works out most of it when it is read. */
class DispatchedRequest implements HttpRequest {
  readonly method: string;
  readonly origin: string;
  /** Of any make that undici takes, the event emitters of before `AbortSignal` among them. */
  readonly signal?: AbortSignal;
  readonly socketPath: string | undefined;
  readonly via: HttpRequest['via'];
  readonly #options: DispatchOptions;
  readonly #body: WatchedBody | undefined;

  constructor(options: DispatchOptions, { origin, socketPath, via }: Bound, body: WatchedBody | undefined) {
    const { method, signal } = options;
    this.method = method === undefined ? 'GET' : String(method);
    this.origin = withoutSlash(String(options.origin ?? origin ?? ''));
    if (typeof signal === 'object' && signal !== null) this.signal = signal as AbortSignal;
    this.socketPath = socketPath;
    this.via = via;
    this.#options = options;
    this.#body = body;
  }

  bodyFailed(): boolean {
    return this.#body?.failed() ?? false;
  }

  /**
   * Not as relative to the origin: `//b.example` would be another host. The path of a tunnel is its target, `host:port`,
   * and through a plain proxy it may be a whole URL.
   */
  get url(): string {
    const { path = '/' } = this.#options;
    return URL.parse(isPath(path) ? this.origin + path + this.#search : this.origin)?.href ?? '';
  }

  /** undici puts it to the path only where it sends the request. */
  get #search(): string {
    const { query } = this.#options;
    return query ? `?${stringify(query as ParsedUrlQueryInput)}` : '';
  }

  get headers(): HeaderReader {
    const { headers } = this.#options;
    return { get: name => find(headers, name), ...(isOneShot(headers) ? {} : { names: () => namesOf(headers) }) };
  }

  get hasBody(): boolean {
    return hasBody(this.#options);
  }

  get replayable(): boolean {
    return isReplayable(this.#options.body) && !isOneShot(this.#options.headers);
  }
}

function withoutSlash(origin: string): string {
  return origin.endsWith('/') ? origin.slice(0, -1) : origin;
}

export function hasBody({ body }: DispatchOptions): boolean {
  return body !== undefined && body !== null;
}

/** undici.fetch, too, makes a one-shot generator of whatever body it is given. */
function isReplayable(body: unknown): boolean {
  if (body === null || body === undefined || typeof body === 'string' || ArrayBuffer.isView(body)) return true;
  // The form-data package calls itself FormData, and is a stream.
  if (typeof (body as { pipe?: unknown }).pipe === 'function') return false;
  return /^\[object (ArrayBuffer|Blob|File|FormData)\]$/.test(Object.prototype.toString.call(body));
}

function namesOf(headers: unknown): string[] {
  return [...pairs(headers)].filter(([, value]) => value !== undefined).map(([name]) => String(name));
}

/** All values of a header that comes several times. */
function find(headers: unknown, wanted: string): string | null {
  const values: string[] = [];
  for (const [name, value] of pairs(headers)) {
    if (value !== undefined && String(name).toLowerCase() === wanted) values.push(String(value ?? ''));
  }
  return values.length > 0 ? values.join(', ') : null;
}

/** With a copy of the headers: what the caller does with them later reaches neither the wire nor the name of a caller. */
export function withOwnHeaders(options: DispatchOptions): DispatchOptions {
  const { headers } = options;
  if (typeof headers !== 'object' || headers === null) return options;
  return { ...options, headers: copyOf(headers) };
}

/** Lists stay lists and records records, for the interceptors between here and the network. */
function copyOf(headers: object): unknown {
  if (Array.isArray(headers)) return headers.map(each => (Array.isArray(each) ? [...each] : each));
  return Symbol.iterator in headers ? [...(headers as Iterable<[string, string]>)].flat() : { ...headers };
}

/** Whether its URL names the resource: not that of a tunnel, of another protocol, or of a whole URL for a proxy. */
export function isPlain(options: DispatchOptions): boolean {
  return !isTunnel(options) && isPath(options.path ?? '/');
}

/** Whatever else a caller gives for a path is undici's to refuse. */
function isPath(path: unknown): path is string {
  return typeof path === 'string' && path.startsWith('/');
}

export function isTunnel({ method, upgrade }: DispatchOptions): boolean {
  return method === 'CONNECT' || Boolean(upgrade);
}

/** An iterator can be read once, by undici. */
function isOneShot(headers: unknown): headers is Iterable<[string, string]> {
  return typeof headers === 'object' && headers !== null && 'next' in headers && Symbol.iterator in headers;
}

/** What is dispatched below. `added`: headers beyond the caller's own. */
export function optionsToSend(
  { options, body }: Pick<Dispatched, 'options' | 'body'>,
  added: Readonly<Record<string, string>> | undefined,
): DispatchOptions {
  const sent = withHeaders(options, added);
  return body ? { ...sent, body: body.sent } : sent;
}

function withHeaders(options: DispatchOptions, added: Readonly<Record<string, string>> | undefined): DispatchOptions {
  if (!added) return options;
  const { headers } = options;
  const own = isOneShot(headers) ? [...headers] : pairs(headers);
  return { ...options, headers: [...own, ...Object.entries(added)].flat() };
}

/** A flat list, a list of pairs, an iterable of pairs, or a plain object. A one-shot iterator is left alone. */
function pairs(headers: unknown): Iterable<readonly [unknown, unknown]> {
  if (typeof headers !== 'object' || headers === null || isOneShot(headers)) return [];
  if (Array.isArray(headers) && !Array.isArray(headers[0])) {
    return headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]] as const] : []));
  }
  return Symbol.iterator in headers ? (headers as Iterable<[unknown, unknown]>) : Object.entries(headers);
}
