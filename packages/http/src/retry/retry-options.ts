/** When another try is made. */

import { at, checkBoolean, checkNumber, checkObject, show, WHOLE_NUMBER } from '@cutout/core/internal';
import type { HttpRequest } from '../outcome/request.ts';
import { type Backoff, type BackoffOptions, checkBackoff } from './backoff.ts';
import { checkBudget, type RetryBudgetOptions } from './retry-budget.ts';

export interface RetryOptions {
  /** The most further tries: zero or a positive integer. @default 2 */
  readonly maxRetries?: number;
  /** The wait before each, or a function that returns milliseconds. */
  readonly backoff?: BackoffOptions | Backoff;
  /** Methods that may be sent again even if they were received. @default GET HEAD OPTIONS TRACE PUT DELETE QUERY */
  readonly methods?: readonly string[];
  /** A Retry-After of more milliseconds than this is not waited for; the response is returned. @default 10_000 */
  readonly maxRetryAfterMs?: number;
  /** What retries may cost a host in all; `false`: without limit. Of a call only `false` may be given. */
  readonly budget?: false | RetryBudgetOptions;
  /** Adds one random `Idempotency-Key` to each call that has none, which makes any method one that may be sent again. @default false */
  readonly idempotencyKey?: boolean;
  /** The name of a header that tells the server which attempt this is: 1 for the first retry. None by default. */
  readonly attemptHeader?: string;
}

export interface ResolvedRetry {
  readonly maxRetries: number;
  readonly backoff: Backoff;
  readonly methods: ReadonlySet<string>;
  readonly maxRetryAfterMs: number;
  readonly budget: Required<RetryBudgetOptions> | undefined;
  readonly idempotencyKey: boolean;
  readonly attemptHeader: string | undefined;
}

/** Idempotent by RFC 9110 section 9.2.2, and QUERY by its own draft. */
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'] as const;
export const RETRY_DEFAULTS = { maxRetries: 2, maxRetryAfterMs: 10_000 } as const;
const RETRY_KEYS = ['maxRetries', 'backoff', 'methods', 'maxRetryAfterMs', 'budget', 'idempotencyKey', 'attemptHeader'];
const WAIT_RULE = { min: 0, expected: 'a number of milliseconds of at least 0' };

/** Checks the `retry` option; undefined where it is switched off. */
export function checkRetry(path: string, option: unknown = {}): ResolvedRetry | undefined {
  if (option === false) return undefined;
  const given = checkObject(path, option, RETRY_KEYS);
  return {
    maxRetries: checkNumber(at(path, 'maxRetries'), given['maxRetries'], WHOLE_NUMBER, RETRY_DEFAULTS.maxRetries),
    backoff: checkBackoff(at(path, 'backoff'), given['backoff']),
    methods: checkMethods(at(path, 'methods'), given['methods']),
    maxRetryAfterMs: checkNumber(
      at(path, 'maxRetryAfterMs'),
      given['maxRetryAfterMs'],
      WAIT_RULE,
      RETRY_DEFAULTS.maxRetryAfterMs,
    ),
    budget: checkBudget(at(path, 'budget'), given['budget']),
    idempotencyKey: checkBoolean(at(path, 'idempotencyKey'), given['idempotencyKey'], false),
    attemptHeader: checkHeaderName(at(path, 'attemptHeader'), given['attemptHeader']),
  };
}

/** Whether the request may be sent again although the host may have received it. */
export function isIdempotent(request: HttpRequest, retry: ResolvedRetry): boolean {
  const { methods, idempotencyKey } = retry;
  return idempotencyKey || methods.has(request.method.toUpperCase()) || hasKey(request);
}

/** Whether the call is to be given an `Idempotency-Key`: only where that is what makes it one. */
export function needsKey(request: HttpRequest, { idempotencyKey, methods }: ResolvedRetry): boolean {
  return idempotencyKey && !methods.has(request.method.toUpperCase()) && !hasKey(request);
}

function hasKey(request: HttpRequest): boolean {
  return request.headers.get('idempotency-key') !== null;
}

function checkMethods(path: string, value: unknown = IDEMPOTENT): ReadonlySet<string> {
  if (!Array.isArray(value)) throw new TypeError(`${path} must be a list of methods, got ${show(value)}`);
  for (const [i, method] of value.entries()) {
    if (typeof method !== 'string') throw new TypeError(`${path}[${i}] must be a method, got ${show(method)}`);
  }
  return new Set(value.map(method => method.toUpperCase()));
}

/** A token, by RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function checkHeaderName(path: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && HEADER_NAME.test(value)) return value;
  throw new TypeError(`${path} must be the name of a header, got ${show(value)}`);
}
