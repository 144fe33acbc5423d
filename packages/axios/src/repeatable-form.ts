/** A FormData that every attempt sends byte for byte alike: clients draw another boundary each time. */

import { isNodeStream } from '@cutout/http/adapter';
import { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import type { TransportName } from './transport-name.ts';

const BOUNDARY = /boundary=/i;

/** What is to be changed in the config of each attempt; nothing where `data` is no form, or its boundary is the caller's. */
export function repeatableForm(
  { data, headers }: InternalAxiosRequestConfig,
  adapter: TransportName,
): Partial<InternalAxiosRequestConfig> {
  if (!isForm(data) || adapter === 'custom') return {};
  const given = String(headers?.get?.('content-type') ?? '');
  if (BOUNDARY.test(given)) return {};
  // In lower case, as a Blob's type is.
  const boundary = `cutout-${crypto.randomUUID().replaceAll('-', '')}`;
  const type = `multipart/form-data; boundary=${boundary}`;
  const changes = { headers: new AxiosHeaders(headers).set('Content-Type', type) };
  // The http adapter takes the boundary of the header. A fetch of the platform's takes none.
  if (adapter === 'http') return changes;
  return data instanceof FormData ? { ...changes, data: multipartOf(data, boundary, type) } : {};
}

function isForm(data: unknown): data is FormData {
  // The form-data package's is a stream.
  return Object.prototype.toString.call(data) === '[object FormData]' && !isNodeStream(data);
}

/** As the standard has it. It holds the files, and reads none of them. */
function multipartOf(form: FormData, boundary: string, type: string): Blob {
  const parts: (string | Blob)[] = [];
  form.forEach((value, name) => {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withLineEnds(name))}"`;
    if (typeof value === 'string') parts.push(`${head}\r\n\r\n${withLineEnds(value)}\r\n`);
    else {
      const file = `; filename="${escaped(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}`;
      parts.push(`${head}${file}\r\n\r\n`, value, '\r\n');
    }
  });
  return new Blob([...parts, `--${boundary}--\r\n`], { type });
}

function withLineEnds(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}

function escaped(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}
