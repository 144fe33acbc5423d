/** Describes a got request for the policy. */

import type { IncomingMessage } from 'node:http';
import type { HeaderReader, HttpRequest } from '@cutout/http';
import type { Options } from 'got';
import { callersSignal } from './call-limits.ts';

export function describe(options: Options): HttpRequest {
  const { headers } = options;
  const signal = callersSignal(options.signal as AbortSignal | undefined);
  const { url, socketPath } = dialled(options.url);
  return {
    method: options.method,
    url,
    headers: { get: name => textOf(headers[name.toLowerCase()]), names: () => namesOf(headers) },
    replayable: isReplayable(options.body),
    // Every hop is described on its own.
    followsRedirects: false,
    ...(socketPath === undefined ? {} : { socketPath }),
    ...(signal ? { signal } : {}),
    get hasBody() {
      return options.body !== undefined;
    },
    get identity() {
      return identityOf(options);
    },
    get via() {
      const { agent = {}, createConnection, dnsLookup, request } = options as Dialling;
      return { ...agent, createConnection, dnsLookup, request };
    },
  };
}

/** Reads the headers as they came: Node keeps only the first of some that came twice. */
export function readerOf({
  headers,
  rawHeaders,
}: Partial<Pick<IncomingMessage, 'headers' | 'rawHeaders'>>): HeaderReader {
  return { get: name => (rawHeaders?.length ? rawOf(rawHeaders, name) : textOf(headers?.[name])) };
}

function rawOf(rawHeaders: readonly string[], name: string): string | null {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
  return values.length > 0 ? values.join(', ') : null;
}

/** What got dials: the host of the URL, or the unix socket that `http://unix:SOCKET:PATH` or `unix:SOCKET:PATH` names. */
function dialled(url: string | URL | undefined): { url: string; socketPath?: string } {
  const text = String(url);
  const parsed = url instanceof URL ? url : URL.parse(text);
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

/** got leaves out a header that is undefined. */
function namesOf(headers: Options['headers']): string[] {
  return Object.keys(headers).filter(name => headers[name] !== undefined);
}

/** A certificate tells callers apart as a header does. */
function identityOf({ https }: Options): string | undefined {
  const { certificate, pfx } = https ?? {};
  return certificate || pfx ? JSON.stringify([certificate, pfx]) : undefined;
}

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
