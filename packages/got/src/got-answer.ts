/** What a fallback answers behind this adapter, and the response that got is given for it. */

import { Readable } from 'node:stream';
import { checkNumber, checkObject, show } from '@cutout/core/internal';

/** A response: an object with `statusCode` or `body`. */
export interface GotResponseLike {
  /** An integer from 200 to 599. @default 200 */
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A text, bytes, or what is sent as JSON. @default empty */
  readonly body?: unknown;
}

/** A response, or a body alone: a text, bytes, or any other value, which is sent as JSON. */
export type GotAnswer = GotResponseLike | string | Uint8Array | number | boolean | null | object;

/** What got reads a response from, in place of a connection. */
export type FallbackResponse = Readable & {
  readonly statusCode: number;
  readonly headers: Record<string, string | readonly string[]>;
};

const STATUS = { min: 200, max: 599, integer: true, expected: 'an integer from 200 to 599' };

/** @throws TypeError or RangeError that names what is wrong with it. */
export function checkAnswer(answer: unknown): FallbackResponse {
  const { statusCode, headers, body } = isResponse(answer) ? answer : { body: bodyOf(answer) };
  const { bytes, type } = encode(body);
  const status = checkNumber('the statusCode of a fallback', statusCode, STATUS, 200);
  const fields = lowerCase(checkObject('the headers of a fallback', headers ?? {}));
  return responseOf(bytes, status, { ...(type === undefined ? {} : { 'content-type': type }), ...fields });
}

function isResponse(answer: unknown): answer is GotResponseLike {
  const isObject = typeof answer === 'object' && answer !== null && !(answer instanceof Uint8Array);
  return isObject && ('statusCode' in answer || 'body' in answer);
}

function bodyOf(answer: unknown): unknown {
  if (answer !== undefined) return answer;
  throw new TypeError(`fallback must return a body or { statusCode?, headers?, body? }, got ${show(answer)}`);
}

function encode(body: unknown): { bytes: Uint8Array; type?: string } {
  if (body === undefined) return { bytes: new Uint8Array() };
  if (body instanceof Uint8Array) return { bytes: body };
  if (typeof body === 'string') return { bytes: Buffer.from(body) };
  const json = JSON.stringify(body);
  if (json !== undefined) return { bytes: Buffer.from(json), type: 'application/json' };
  throw new TypeError(`the body of a fallback must be a string, bytes or JSON, got ${show(body)}`);
}

function lowerCase(headers: Readonly<Record<string, unknown>>): FallbackResponse['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}

export function responseOf(
  bytes: Uint8Array,
  statusCode: number,
  headers: FallbackResponse['headers'],
): FallbackResponse {
  const response = new Readable({
    read() {
      if (bytes.byteLength > 0) this.push(bytes);
      this.push(null);
    },
  });
  return Object.assign(response, { statusCode, headers, complete: true });
}
