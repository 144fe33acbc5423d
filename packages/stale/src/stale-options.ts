/** The options of `staleIfError()`: their meaning, their defaults, their check. */

import { at, checkNumber, checkObject, POSITIVE_INTEGER, POSITIVE_MS, show } from '@cutout/core/internal';

/** How long, and how much, the last good answers are kept for calls that fail. */
export interface StaleOptions {
  /**
   * Milliseconds that an answer may be served after it ceased to be fresh; a smaller `stale-if-error` of the server
   * (RFC 5861) limits it further. Positive. @default 86_400_000
   */
  readonly maxStaleMs?: number;
  /** Answers kept at most; the least recently used goes first. A positive integer. @default 1_000 */
  readonly maxEntries?: number;
  /** Bytes of bodies, headers and URLs together. A positive integer. @default 52_428_800 */
  readonly maxBytes?: number;
  /** Bytes of one answer; a larger one is not kept. A positive integer. @default 1_048_576 */
  readonly maxEntryBytes?: number;
  /**
   * Request headers that identify the caller, beside `Authorization` and `Cookie`: each value has answers of its own. A
   * request with any other header that may identify its sender has no stale answers. @default []
   */
  readonly identity?: readonly string[];
}

export type ResolvedStale = Required<StaleOptions>;

/** Every default in one place. */
export const STALE_DEFAULTS: ResolvedStale = {
  maxStaleMs: 86_400_000,
  maxEntries: 1_000,
  maxBytes: 52_428_800,
  maxEntryBytes: 1_048_576,
  identity: [],
};

/** The options at `path`, complete. @throws TypeError or RangeError, with the path and the value. */
export function checkStale(path: string, value: unknown): ResolvedStale {
  const own = checkObject(path, value, Object.keys(STALE_DEFAULTS));
  const count = (key: 'maxEntries' | 'maxBytes' | 'maxEntryBytes'): number =>
    checkNumber(at(path, key), own[key], POSITIVE_INTEGER, STALE_DEFAULTS[key]);
  return {
    maxStaleMs: checkNumber(at(path, 'maxStaleMs'), own['maxStaleMs'], POSITIVE_MS, STALE_DEFAULTS.maxStaleMs),
    maxEntries: count('maxEntries'),
    maxBytes: count('maxBytes'),
    maxEntryBytes: count('maxEntryBytes'),
    identity: checkIdentity(at(path, 'identity'), own['identity']),
  };
}

/** RFC 9110 section 5.6.2. */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;

function checkIdentity(path: string, value: unknown): readonly string[] {
  if (value === undefined) return STALE_DEFAULTS.identity;
  if (!Array.isArray(value)) throw new TypeError(`${path} must be a list of header names, got ${show(value)}`);
  for (const [i, name] of value.entries()) {
    if (typeof name !== 'string') throw new TypeError(`${path}[${i}] must be a header name, got ${show(name)}`);
    if (!FIELD_NAME.test(name)) throw new RangeError(`${path}[${i}] must be a header name, got ${show(name)}`);
  }
  return [...new Set(value.map((name: string) => name.toLowerCase()))];
}

/** What a store is made with, and all that share it follow. */
const BOUNDS = ['maxEntries', 'maxBytes', 'maxEntryBytes', 'identity'] as const;

/**
 * Refuses bounds that a store does not follow, because another strategy made it.
 *
 * @param option The path of the option that brings them.
 * @param given What was given of `own`.
 * @throws TypeError that names the bound.
 */
export function refuseOtherBounds(option: string, given: StaleOptions, own: ResolvedStale, store: ResolvedStale): void {
  for (const key of BOUNDS) {
    if (given[key] === undefined || String(own[key]) === String(store[key])) continue;
    throw new TypeError(
      `${option} must not set ${key} to another value than ${show(store[key])}, got ${show(own[key])}: all hosts and calls of a policy share one store`,
    );
  }
}
