/** The bodies that axios' adapters have read, as they are kept. */

import type { BodyForm } from '@cutout/http';
import { isDelimited, type Keeping } from '@cutout/http/adapter';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';

/** How a response is kept whose body has been read; undefined for any other. `value`: what the caller gets of it. */
export function keepingOf<T>(
  value: T,
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
): Keeping<T> | undefined {
  const form = formOf(config);
  const body = form && bodyOf(response.data);
  if (!form || !body || !isDecoded(response)) return undefined;
  return {
    statusText: response.statusText ?? '',
    headers: headersOf(response, config, body.byteLength),
    form,
    hasKnownEnd: hasKnownEnd(response, body.byteLength),
    tap(sink) {
      sink.add(body);
      sink.end();
      return value;
    },
  };
}

/** Only UTF-8 is a text in which both the one who kept it and the one who gets it would have read it. */
export function formOf({ responseType, responseEncoding }: InternalAxiosRequestConfig): BodyForm | undefined {
  const type = (responseType ?? 'text').toLowerCase();
  if (type === 'arraybuffer') return 'plain';
  const isText = type === '' || type === 'text' || type === 'json';
  return isText && /^utf-?8$/i.test(responseEncoding || 'utf8') ? 'text' : undefined;
}

function bodyOf(data: unknown): Uint8Array | undefined {
  if (data === undefined || data === null) return new Uint8Array();
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof Uint8Array) return data;
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

/** Under Node axios takes the coding off the headers of what it has decoded; where fetch or a page does it, it stays. */
function isDecoded({ headers, request }: AxiosResponse): boolean {
  const coding = String((headers as Record<string, unknown> | undefined)?.['content-encoding'] ?? 'identity');
  if (/^identity$/i.test(coding.trim())) return true;
  return DECODES.test(Object.prototype.toString.call(request)) && /^(gzip|deflate|br)$/i.test(coding.trim());
}

const DECODES = /^\[object (Request|XMLHttpRequest)\]$/;

/** Node's message under axios' adapter for Node, which takes headers off the answer that do not suit what it has made of it. */
interface Wire {
  readonly rawHeaders?: readonly string[];
  readonly httpVersionMajor?: number;
}

function hasKnownEnd({ headers, request }: AxiosResponse, length: number): boolean {
  const wire = (request as { res?: Wire } | undefined)?.res;
  const raw = wire?.rawHeaders?.filter((_, i) => i % 2 === 0);
  const names = (raw ?? Object.keys(headers ?? {})).map(name => name.toLowerCase());
  const stated = (headers as Record<string, unknown> | undefined)?.['content-length'];
  const isCoded = names.includes('content-encoding');
  // A text has lost its byte order mark.
  const isShort = !isCoded && stated !== undefined && Number(stated) > length + 3;
  return !isShort && isDelimited(names, wire?.httpVersionMajor);
}

/** As they agree with what was read. The answer to a HEAD describes a body that did not come. */
function headersOf(
  { headers }: AxiosResponse,
  { method }: InternalAxiosRequestConfig,
  length: number,
): [string, string][] {
  const isHead = /^head$/i.test(method ?? '');
  return Object.entries((headers ?? {}) as Record<string, unknown>)
    .filter(([name, value]) => {
      if (value === undefined || value === null || isHead) return value !== undefined && value !== null;
      return !/^content-encoding$/i.test(name) && !(/^content-length$/i.test(name) && Number(value) !== length);
    })
    .flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, String(each)]));
}
