/** Describes a got request for the policy. */

import { type HttpRequest, viaOf } from '@cutout/http';
import type { Options } from 'got';

export function describe(options: Options): HttpRequest {
  const { headers, signal } = options;
  return {
    method: options.method,
    url: String(options.url),
    headers: { get: name => textOf(headers[name.toLowerCase()]), names: () => namesOf(headers) },
    replayable: isReplayable(options.body),
    // Every hop is described on its own.
    followsRedirects: false,
    ...(signal ? { signal: signal as AbortSignal } : {}),
    get hasBody() {
      return options.body !== undefined;
    },
    get identity() {
      return identityOf(options);
    },
    get via() {
      const { agent = {}, socketPath, createConnection, dnsLookup, request } = options as Dialling;
      return viaOf({ ...agent, socketPath, createConnection, dnsLookup, request });
    },
  };
}

/** Options of got that choose what is dialled. */
type Dialling = Partial<Pick<Options, 'agent' | 'createConnection' | 'dnsLookup' | 'request'>> & {
  readonly socketPath?: string;
};

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
function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return true;
  const { pipe, next } = body as { pipe?: unknown; next?: unknown };
  // got makes a one-shot iterator of a FormData; the form-data package, which calls itself one, is a stream.
  return !(typeof pipe === 'function' || typeof next === 'function' || Symbol.asyncIterator in body);
}
