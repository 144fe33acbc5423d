/** An axios request, as the policy sees it. */

import type { HeaderReader, HttpRequest } from '@cutout/http';
import type { AxiosInstance, InternalAxiosRequestConfig } from 'axios';
import { settled, watchHooks } from './application-hooks.ts';
import { callerSignalOf } from './caller-signal.ts';
import { repeatableForm } from './repeatable-form.ts';
import { socketPathOf } from './socket-path.ts';
import type { TransportName } from './transport-name.ts';
import { watchUpload } from './upload.ts';

/** Read off their names and values: the headers may be of another copy of axios. */
function snapshotOf(headers: InternalAxiosRequestConfig['headers'] | undefined): HeaderReader {
  const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  const fields = new Map(lower.filter(([, value]) => value !== null));
  return { get: name => fields.get(name.toLowerCase()) ?? null, names: () => fields.keys() };
}

export interface RequestContext {
  readonly instance: AxiosInstance;
  readonly config: InternalAxiosRequestConfig;
  readonly adapter: TransportName;
  /** Where answers may be kept, the headers are read at once: adapters add theirs to them, and take some off. */
  readonly isKept: boolean;
}

/** Works out only what is used: axios builds a URL out of all its options. */
export class AxiosRequest implements HttpRequest {
  readonly config: InternalAxiosRequestConfig;
  readonly method: string;
  readonly signal?: AbortSignal;
  readonly origin?: string;
  readonly socketPath: string | undefined;
  readonly replayable: boolean;
  readonly followsRedirects: boolean;
  readonly bodyFailed: () => boolean;
  /** What a function of the application threw within an attempt. */
  readonly hookFailure: () => { readonly error: unknown } | undefined;
  /** What takes the place of the config's own in every attempt. */
  changes: Partial<InternalAxiosRequestConfig>;
  /** Removes what was put on the caller's signal and cancel token. */
  readonly end: () => void;
  readonly #snapshot: HeaderReader | undefined;
  readonly #instance: AxiosInstance;
  readonly #adapter: TransportName;

  constructor({ instance, config, adapter, isKept }: RequestContext) {
    this.config = config;
    this.#instance = instance;
    this.#adapter = adapter;
    this.method = String(config.method ?? 'get').toUpperCase();
    this.socketPath = socketPathOf(config, adapter);
    const base = absoluteOf(config);
    if (base !== undefined) this.origin = base;
    this.replayable = isReplayable(config.data);
    this.followsRedirects = config.maxRedirects !== 0;
    if (isKept) this.#snapshot = snapshotOf(config.headers);
    const source = watchUpload(config.data, adapter);
    this.bodyFailed = source.failed;
    const { changes, thrown } = watchHooks(config);
    this.hookFailure = thrown;
    // Data that an asynchronous transform left is refused by axios.
    settled(config.data);
    this.changes = {
      ...changes,
      ...(source.body === config.data ? {} : { data: source.body }),
    };
    const { signal, end } = callerSignalOf(config);
    if (signal) this.signal = signal;
    this.end = end;
  }

  get url(): string {
    return urlOf(this.#instance, { ...this.config, ...this.changes }, this.socketPath);
  }

  get headers(): HeaderReader {
    const { headers } = this.config;
    return this.#snapshot ?? { get: name => textOf(headers?.get?.(name)) };
  }

  get hasBody(): boolean {
    return this.config.data !== undefined && this.config.data !== null;
  }

  /** By what no header of the config says: axios makes one of `auth` only as it sends. */
  get identity(): string | undefined {
    const { auth, httpAgent, httpsAgent } = this.config;
    const own = [auth, ...[httpAgent, httpsAgent].flatMap(certificateOf)];
    return own.some(each => each !== undefined && each !== null) ? JSON.stringify(own) : undefined;
  }

  get via(): Readonly<Record<string, unknown>> {
    const { proxy, httpAgent, httpsAgent } = this.config;
    const { transport, lookup, fetchOptions } = this.config as Dialling;
    const { socketPath } = this;
    return { proxy, socketPath, httpAgent, httpsAgent, transport, lookup, dispatcher: fetchOptions?.dispatcher };
  }

  /** Has every attempt send a form alike. */
  repeatForm(): void {
    this.changes = { ...this.changes, ...repeatableForm(this.config, this.#adapter) };
  }
}

/** Options of axios, and of its fetch adapter, that choose what is dialled. */
interface Dialling {
  readonly transport?: unknown;
  readonly lookup?: unknown;
  readonly fetchOptions?: { readonly dispatcher?: unknown };
}

function certificateOf(agent: unknown): unknown[] {
  const { cert, key, pfx } = (agent as { readonly options?: Record<string, unknown> } | undefined)?.options ?? {};
  return [cert, key, pfx];
}

/** As axios tells them; `//host` is absolute too. */
const ABSOLUTE = /^([a-z][a-z\d+\-.]*:)?\/\//i;

/** The absolute URL that the request's begins with, if it is plain: axios puts `baseURL` before whatever is relative. */
function absoluteOf({ url = '', baseURL, allowAbsoluteUrls }: InternalAxiosRequestConfig): string | undefined {
  if (typeof url !== 'string') return undefined;
  const first = baseURL && (!ABSOLUTE.test(url) || allowAbsoluteUrls === false) ? baseURL : url;
  return /^https?:\/\//.test(first) ? first : undefined;
}

function urlOf(instance: AxiosInstance, config: InternalAxiosRequestConfig, socketPath: string | undefined): string {
  const uri = uriOf(instance, config);
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  // Over a socket a path is enough, and axios sends it to this host.
  const base = socketPath === undefined ? page : 'http://localhost';
  return (base === undefined ? null : URL.parse(uri, base)?.href) ?? uri;
}

/** Without its parameters where the application's serializer fails: axios says so when it sends. */
function uriOf(instance: AxiosInstance, config: InternalAxiosRequestConfig): string {
  try {
    return instance.getUri(config);
  } catch {
    return String(config.url);
  }
}

function textOf(value: unknown): string | null {
  return value === undefined || value === null || value === false ? null : String(value);
}

/** What is left of `data` after `transformRequest`: text, bytes, forms; or a stream, which can be read once. */
function isReplayable(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return true;
  const { pipe, getReader, next } = data as { pipe?: unknown; getReader?: unknown; next?: unknown };
  const oneShot = [pipe, getReader, next].some(member => typeof member === 'function');
  return !oneShot && !(Symbol.asyncIterator in data);
}
