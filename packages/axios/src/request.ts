/** Describes an axios request for the policy. */

import { type HeaderReader, type HttpRequest, viaOf } from '@cutout/http';
import type { AxiosInstance, CancelToken, InternalAxiosRequestConfig } from 'axios';

export interface Described {
  readonly request: HttpRequest;
  /** Takes our listener off a cancel token that may live long. */
  end(): void;
}

/** `isKept`: where stale answers are kept, for the headers as they are now: adapters add theirs to them, and take some off. */
export function describe(instance: AxiosInstance, config: InternalAxiosRequestConfig, isKept: boolean): Described {
  const { signal, end } = signalOf(config);
  return { end, request: new AxiosRequest(instance, config, signal, isKept ? snapshotOf(config.headers) : undefined) };
}

/** Read off their names and values: the headers may be of another copy of axios. */
function snapshotOf(headers: InternalAxiosRequestConfig['headers'] | undefined): HeaderReader {
  const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  const fields = new Map(lower.filter(([, value]) => value !== null));
  return { get: name => fields.get(name.toLowerCase()) ?? null, names: () => fields.keys() };
}

/** Works out only what it is asked for: axios builds a URL out of all its options. */
class AxiosRequest implements HttpRequest {
  readonly method: string;
  readonly signal?: AbortSignal;
  readonly origin?: string;
  readonly replayable: boolean;
  readonly followsRedirects: boolean;
  readonly #snapshot: HeaderReader | undefined;
  readonly #instance: AxiosInstance;
  readonly #config: InternalAxiosRequestConfig;

  constructor(
    instance: AxiosInstance,
    config: InternalAxiosRequestConfig,
    signal: AbortSignal | undefined,
    snapshot: HeaderReader | undefined,
  ) {
    this.method = (config.method ?? 'get').toUpperCase();
    if (signal) this.signal = signal;
    const base = absoluteOf(config);
    if (base !== undefined) this.origin = base;
    this.replayable = isReplayable(config.data);
    this.followsRedirects = config.maxRedirects !== 0;
    this.#instance = instance;
    this.#config = config;
    this.#snapshot = snapshot;
  }

  get url(): string {
    return urlOf(this.#instance, this.#config);
  }

  get headers(): HeaderReader {
    const { headers } = this.#config;
    return this.#snapshot ?? { get: name => textOf(headers?.get?.(name)) };
  }

  get hasBody(): boolean {
    return this.#config.data !== undefined && this.#config.data !== null;
  }

  /** By what no header of the config tells: axios makes one of `auth` only as it sends. */
  get identity(): string | undefined {
    const { auth, httpsAgent } = this.#config;
    const { cert, pfx } = (httpsAgent as { options?: { cert?: unknown; pfx?: unknown } } | undefined)?.options ?? {};
    const own = [auth, cert, pfx];
    return own.some(each => each !== undefined && each !== null) ? JSON.stringify(own) : undefined;
  }

  get via(): string | undefined {
    const { proxy, socketPath, httpAgent, httpsAgent } = this.#config;
    const { transport, lookup, fetchOptions } = this.#config as Dialling;
    return viaOf({ proxy, socketPath, httpAgent, httpsAgent, transport, lookup, dispatcher: fetchOptions?.dispatcher });
  }
}

/** Options of axios, and of its fetch adapter, that choose what is dialled. */
interface Dialling {
  readonly transport?: unknown;
  readonly lookup?: unknown;
  readonly fetchOptions?: { readonly dispatcher?: unknown };
}

/** As axios tells them; `//host` is absolute too. */
const ABSOLUTE = /^([a-z][a-z\d+\-.]*:)?\/\//i;

/** The absolute URL that the request's begins with, if it is plain: axios puts `baseURL` before whatever is relative. */
function absoluteOf({ url = '', baseURL, allowAbsoluteUrls }: InternalAxiosRequestConfig): string | undefined {
  if (typeof url !== 'string') return undefined;
  const first = baseURL && (!ABSOLUTE.test(url) || allowAbsoluteUrls === false) ? baseURL : url;
  return /^https?:\/\//.test(first) ? first : undefined;
}

function urlOf(instance: AxiosInstance, config: InternalAxiosRequestConfig): string {
  const uri = instance.getUri(config);
  const base = (globalThis as { location?: { href?: string } }).location?.href;
  return (base === undefined ? null : URL.parse(uri, base)?.href) ?? uri;
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

/** The caller's signal, or one that follows a cancel token, or both. */
function signalOf(config: InternalAxiosRequestConfig): { signal: AbortSignal | undefined; end: () => void } {
  const signal = config.signal as AbortSignal | undefined;
  const token = config.cancelToken as (CancelToken & Subscribable) | undefined;
  if (!token) return { signal, end: () => undefined };
  const controller = new AbortController();
  const onCancel = (reason: unknown): void => controller.abort(reason);
  token.subscribe(onCancel);
  const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  return { signal: either, end: () => token.unsubscribe(onCancel) };
}

/** Cancel tokens have both since axios 0.22; its types leave them out. */
interface Subscribable {
  subscribe(listener: (reason: unknown) => void): void;
  unsubscribe(listener: (reason: unknown) => void): void;
}

export function accepts({ validateStatus }: InternalAxiosRequestConfig, status: number): boolean {
  return !validateStatus || validateStatus(status);
}

export function copyOf(config: InternalAxiosRequestConfig, changes: object): InternalAxiosRequestConfig {
  return Object.assign(Object.create(Object.getPrototypeOf(config)), config, changes);
}
