/** Stale answers as axios' own responses, and the bodies that its adapters have read. */

import type { BodyForm, Keeping, StaleAnswer, StaleDoor } from '@cutout/http';
import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { accepts } from './request.ts';

type Adapter = InternalAxiosRequestConfig['adapter'];

/** How a call is given a stale answer; undefined where it wants something else than a text or bytes. */
export function staleDoorOf(
  config: InternalAxiosRequestConfig,
  adapter: Adapter,
): StaleDoor<AxiosResponse> | undefined {
  const form = formOf(config);
  if (!form || !accepts(config, 200)) return undefined;
  return {
    serves: form === 'text' ? ['text', 'plain'] : ['plain'],
    answerStale: answer => responseOf(answer, config, form === 'text' ? textOf : bytesOf(adapter)),
  };
}

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
    collect(collector) {
      collector.add(body);
      collector.end();
      return value;
    },
  };
}

/** Only UTF-8 is a text in which both the one who kept it and the one who gets it would have read it. */
function formOf({ responseType, responseEncoding }: InternalAxiosRequestConfig): BodyForm | undefined {
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
  const coding = String((headers as Record<string, unknown>)['content-encoding'] ?? 'identity');
  if (/^identity$/i.test(coding.trim())) return true;
  return DECODES.test(Object.prototype.toString.call(request)) && /^(gzip|deflate|br)$/i.test(coding.trim());
}

const DECODES = /^\[object (Request|XMLHttpRequest)\]$/;

/** As they agree with what was read. The answer to a HEAD tells of a body that did not come. */
function headersOf(
  { headers }: AxiosResponse,
  { method }: InternalAxiosRequestConfig,
  length: number,
): [string, string][] {
  const isHead = /^head$/i.test(method ?? '');
  return Object.entries(headers as Record<string, unknown>)
    .filter(([name, value]) => {
      if (value === undefined || value === null || isHead) return value !== undefined && value !== null;
      return !/^content-encoding$/i.test(name) && !(/^content-length$/i.test(name) && Number(value) !== length);
    })
    .flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, String(each)]));
}

function responseOf(
  { status, statusText, headers, body = new Uint8Array() }: StaleAnswer,
  config: InternalAxiosRequestConfig,
  read: (bytes: Uint8Array<ArrayBuffer>) => unknown,
): AxiosResponse {
  const fields = new AxiosHeaders();
  for (const [name, value] of headers) {
    const before = fields.get(name);
    fields.set(name, before === undefined || before === null ? value : `${String(before)}, ${value}`);
  }
  return { status, statusText, headers: fields, data: read(body), config };
}

/** As axios decodes it, without a byte order mark. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

interface Platform {
  readonly Buffer?: { from(bytes: ArrayBuffer): Uint8Array };
}

/** axios' adapter for Node reads Buffers, all others ArrayBuffers. */
function bytesOf(adapter: Adapter): (bytes: Uint8Array<ArrayBuffer>) => unknown {
  const { Buffer: node } = globalThis as unknown as Platform;
  const first = [adapter ?? 'http'].flat().find(each => each === 'http' || each === 'fetch');
  return bytes => (node && first !== 'fetch' ? node.from(bytes.buffer) : bytes.buffer);
}
