/** The answer of a fallback to a dispatched request, checked and brought to the form in which it is replayed. */

import { checkNumber, checkObject, show } from '@cutout/core/internal';
import type { Controller, HeaderFields } from './handler.ts';

type Bytes = string | Uint8Array;

/** A response for the handler that dispatched the request, as if it had come from the host. */
export interface DispatchAnswer {
  /** An integer from 200 to 599. */
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Texts are sent as UTF-8. @default empty */
  readonly body?: Bytes | Iterable<Bytes> | AsyncIterable<Bytes>;
}

/** An answer, checked. */
export interface CheckedAnswer {
  readonly status: number;
  readonly statusText?: string;
  readonly headers: HeaderFields;
  readonly body: Iterable<Bytes> | AsyncIterable<Bytes>;
  readonly trailers?: HeaderFields;
  /** As they came over the wire, where they did. */
  readonly rawHeaders?: Controller['rawHeaders'];
  readonly rawTrailers?: Controller['rawTrailers'];
}

const STATUS = { min: 200, max: 599, integer: true, expected: 'an integer from 200 to 599' };

/** @throws TypeError or RangeError that names what is wrong with it. */
export function checkAnswer(answer: unknown): CheckedAnswer {
  if (typeof answer !== 'object' || answer === null) {
    throw new TypeError(`fallback must return { status, headers?, body? }, got ${show(answer)}`);
  }
  const { status, headers = {}, body } = answer as Partial<DispatchAnswer>;
  return {
    status: checkNumber('the status of a fallback', status, STATUS),
    headers: fieldsOf(checkObject('the headers of a fallback', headers)),
    body: piecesOf(body),
  };
}

function fieldsOf(headers: Readonly<Record<string, unknown>>): HeaderFields {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}

function piecesOf(body: unknown): CheckedAnswer['body'] {
  if (body === undefined || body === null) return [];
  if (typeof body === 'string' || body instanceof Uint8Array) return [body];
  const isIterable = typeof body === 'object' && (Symbol.iterator in body || Symbol.asyncIterator in body);
  if (isIterable) return body as CheckedAnswer['body'];
  throw new TypeError(`the body of a fallback must be a string, bytes or an iterable of them, got ${show(body)}`);
}
