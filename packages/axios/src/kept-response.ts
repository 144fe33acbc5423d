/** Kept answers as axios' own responses. */

import type { Answer as KeptAnswer } from '@cutout/http';
import type { AnswerAdapter } from '@cutout/http/adapter';
import { AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { Answer } from './answer.ts';
import { accepts } from './application-hooks.ts';
import { formOf } from './read-body.ts';

type Adapter = InternalAxiosRequestConfig['adapter'];

/** How a call is given a kept answer; undefined where it wants something else than a text or bytes. */
export function answerAdapterOf(
  config: InternalAxiosRequestConfig,
  adapter: Adapter,
): AnswerAdapter<AxiosResponse | Answer> | undefined {
  const form = formOf(config);
  if (!form || !accepts(config, 200)) return undefined;
  return {
    forms: form === 'text' ? ['text', 'plain'] : ['plain'],
    toResponse: answer => settled(responseOf(answer, config, form === 'text' ? textOf : bytesOf(adapter))),
  };
}

/** A 304 is an error to axios, unless `validateStatus` takes it. */
function settled(response: AxiosResponse): AxiosResponse | Answer {
  const { status, config } = response;
  if (accepts(config, status)) return response;
  const message = `Request failed with status code ${status}`;
  return new Answer(response, new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, config, undefined, response));
}

function responseOf(
  { status, statusText, headers, body = new Uint8Array() }: KeptAnswer,
  config: InternalAxiosRequestConfig,
  read: (bytes: Uint8Array<ArrayBuffer>) => unknown,
): AxiosResponse {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
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
