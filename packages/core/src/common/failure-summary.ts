/** What may be published about a failure: no URL, no headers, no body, no client object. */

import { escaped } from './escaped.ts';

export interface FailureSummary {
  readonly name: string;
  readonly message: string;
  /** The error's own code, such as `ECONNREFUSED`. */
  readonly code?: string;
  /** The HTTP status, where the failure was a response. */
  readonly status?: number;
}

const MAX_MESSAGE = 200;
const URL_IN_TEXT = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;

/**
 * Sums up an error or a response. Only the trip that needs it pays for it. Values from outside may have getters that
 * throw, so every read is guarded.
 */
export function summarise(cause: unknown): FailureSummary | undefined {
  if (cause === undefined) return undefined;
  const status = read(cause, 'status');
  const code = findCode(cause);
  return Object.freeze({
    name: nameOf(cause) ?? (typeof status === 'number' ? 'Response' : 'Error'),
    message: clean(messageOf(cause, status)),
    ...(code === undefined ? {} : { code }),
    ...(typeof status === 'number' ? { status } : {}),
  });
}

function nameOf(cause: unknown): string | undefined {
  const name = text(read(cause, 'name'));
  return name && clean(name);
}

function messageOf(cause: unknown, status: unknown): string {
  const message = typeof cause === 'string' ? cause : text(read(cause, 'message'));
  if (message) return message;
  return typeof status === 'number' ? `status ${status}` : 'failed';
}

/** The message `fetch failed` has no information; the code of a cause does. */
function findCode(cause: unknown): string | undefined {
  let error = cause;
  for (let depth = 0; depth < 10 && error; depth++) {
    const code = text(read(error, 'code'));
    if (code) return clean(code);
    error = read(error, 'cause');
  }
  return undefined;
}

/** Short, without URLs, and safe to print. */
export function clean(message: string): string {
  const short = message
    .slice(0, 4 * MAX_MESSAGE)
    .replace(URL_IN_TEXT, '(url)')
    .slice(0, MAX_MESSAGE);
  return escaped(short);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function read(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown> | null)?.[key];
  } catch {
    return undefined;
  }
}
