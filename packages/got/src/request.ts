/** A got request as the policy sees it. */

import type { IncomingMessage } from 'node:http';
import type { HeaderReader, HttpRequest } from '@cutout/http';
import type { Options } from 'got';
import { callersSignal } from './call-limits.ts';

/** Whether the source of the request body has failed, where got does not watch it: it closes early, or is piped in. */
export class BodyState {
  #hasFailed: (() => boolean) | undefined;

  watch(hasFailed: () => boolean): void {
    this.#hasFailed = hasFailed;
  }

  get hasFailed(): boolean {
    return this.#hasFailed?.() ?? false;
  }
}

/** What few calls need is read from the options when it is needed. */
export class GotRequest implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly socketPath: string | undefined;
  readonly headers: HeaderReader;
  readonly replayable: boolean;
  /** Every hop is described on its own. */
  readonly followsRedirects = false;
  readonly signal?: AbortSignal;
  readonly #options: Options;
  readonly #body: BodyState | undefined;

  constructor(options: Options, body?: BodyState) {
    const { url, socketPath } = dialled(options.url);
    this.method = options.method;
    this.url = url;
    this.socketPath = socketPath;
    this.headers = new GotHeaders(options);
    this.replayable = isReplayable(options.body);
    const signal = callersSignal(options.signal as AbortSignal | undefined);
    if (signal) this.signal = signal;
    this.#options = options;
    this.#body = body;
  }

  get hasBody(): boolean {
    return this.#options.body !== undefined;
  }

  /** A certificate separates callers as a header does. */
  get identity(): string | undefined {
    const { certificate, pfx } = this.#options.https ?? {};
    return certificate || pfx ? JSON.stringify([certificate, pfx]) : undefined;
  }

  get via(): HttpRequest['via'] {
    const { agent = {}, createConnection, dnsLookup, request } = this.#options as Dialling;
    return { ...agent, createConnection, dnsLookup, request };
  }

  bodyFailed(): boolean {
    return this.#body?.hasFailed ?? false;
  }
}

class GotHeaders implements HeaderReader {
  readonly #headers: Options['headers'];

  constructor({ headers }: Options) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    return textOf(this.#headers[name.toLowerCase()]);
  }

  /** got leaves out a header that is undefined. */
  names(): string[] {
    return Object.keys(this.#headers).filter(name => this.#headers[name] !== undefined);
  }
}

/** Reads the headers as they came: Node keeps only the first of some that came twice. */
export class AnswerHeaders implements HeaderReader {
  readonly #answer: Partial<Pick<IncomingMessage, 'headers' | 'rawHeaders'>>;

  constructor(answer: Partial<Pick<IncomingMessage, 'headers' | 'rawHeaders'>>) {
    this.#answer = answer;
  }

  get(name: string): string | null {
    const { headers, rawHeaders } = this.#answer;
    return rawHeaders?.length ? rawOf(rawHeaders, name) : textOf(headers?.[name]);
  }
}

function rawOf(rawHeaders: readonly string[], name: string): string | null {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
  return values.length > 0 ? values.join(', ') : null;
}

/** What got dials: the host of the URL, or the unix socket that `http://unix:SOCKET:PATH` or `unix:SOCKET:PATH` names. */
function dialled(url: string | URL | undefined): { url: string; socketPath?: string } {
  const text = String(url);
  const parsed = text.includes('unix') ? URL.parse(text) : null;
  if (!parsed || (parsed.protocol !== 'unix:' && parsed.hostname !== 'unix')) return { url: text };
  const [, socketPath, path] = /^([^:]+):(.+)$/.exec(parsed.pathname + parsed.search) ?? [];
  if (socketPath === undefined) return { url: text };
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http';
  return { url: `${scheme}://unix${path?.startsWith('/') ? '' : '/'}${path}`, socketPath: decoded(socketPath) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Options of got that choose what is dialled. */
type Dialling = Partial<Pick<Options, 'agent' | 'createConnection' | 'dnsLookup' | 'request'>>;

/** A body that can be read once has been. */
export function dropReadBody(options: Options): void {
  if (!isReplayable(options.body)) options.body = undefined as never;
}

function textOf(value: string | readonly string[] | undefined): string | null {
  return value === undefined ? null : String(value);
}

/** A stream or an iterator can be read once. `json` and `form` are texts by the time they are sent. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return true;
  const { pipe, next } = body as { pipe?: unknown; next?: unknown };
  // got makes a one-shot iterator of a FormData; the form-data package, which calls itself one, is a stream.
  return !(typeof pipe === 'function' || typeof next === 'function' || Symbol.asyncIterator in body);
}
