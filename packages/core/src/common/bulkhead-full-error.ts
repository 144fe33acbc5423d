/** The refusal of a bulkhead: thrown in place of a call to a host that is at its limit. */

import { isCloneOf } from './cloned-error.ts';
import { escaped } from './escaped.ts';
import { findCause } from './find-cause.ts';

/** In the global symbol registry, so that errors are known across two copies of this package. */
const BRAND = Symbol.for('cutout.BulkheadFullError');
const CODE = 'ERR_BULKHEAD_FULL';

/** `bulkhead-full`: no permit and no room in the queue. `timeout`: queued, and got no place in time. */
export type BulkheadRefusalReason = 'bulkhead-full' | 'timeout';

export interface BulkheadRefusal {
  readonly key: string;
  readonly limit: number;
  readonly queued: number;
  readonly reason: BulkheadRefusalReason;
}

/** Thrown for a call that got no permit. Nothing was sent; it is no evidence about the host. */
export class BulkheadFullError extends Error {
  declare readonly name: 'BulkheadFullError';
  readonly code: string;
  /** The bulkhead's key: an origin, for HTTP. */
  readonly key: string;
  /** Calls that could run at a time when this one was refused. */
  readonly limit: number;
  /** Calls in the queue then, without this one. */
  readonly queued: number;
  /** `bulkhead-full`, or `timeout` for a call that was queued for too long. */
  readonly reason: BulkheadRefusalReason;

  constructor(refusal: BulkheadRefusal) {
    super(describe(refusal));
    this.code = CODE;
    this.key = refusal.key;
    this.limit = refusal.limit;
    this.queued = refusal.queued;
    this.reason = refusal.reason;
  }

  static {
    // On the prototype, for errors that are made by the thousand.
    Object.defineProperty(BulkheadFullError.prototype, BRAND, { value: true });
    Object.defineProperty(BulkheadFullError.prototype, 'name', { value: 'BulkheadFullError', configurable: true });
  }
}

/** Whether `value` itself is a bulkhead's refusal, of this copy of the package or another. */
export function isFull(value: unknown): value is BulkheadFullError {
  return (value as Record<symbol, unknown> | null | undefined)?.[BRAND] === true;
}

/** Whether `value` is a bulkhead's refusal that came through structured clone, without its class and its fields. */
export function isClonedFull(value: unknown): value is Error {
  return isCloneOf(value, 'BulkheadFullError', PREFIX);
}

/**
 * Whether `error` is a bulkhead's refusal, or wraps one: seen through `cause`, `detail` and `AggregateError.errors`, 10
 * deep, across copies of this package, structured clones and JSON.
 */
export function isBulkheadFullError(error: unknown): error is BulkheadFullError {
  return findCause(error, isAnyFull) !== undefined;
}

function isAnyFull(value: unknown): value is object {
  return isFull(value) || isClonedFull(value) || isPrinted(value);
}

/** As JSON leaves it. An error of a client that only has the code wraps a refusal, and is none. */
function isPrinted(value: unknown): boolean {
  const { code, key, reason } = value as Record<'code' | 'key' | 'reason', unknown>;
  return code === CODE && typeof key === 'string' && (reason === 'bulkhead-full' || reason === 'timeout');
}

const PREFIX = '[@cutout/core] bulkhead "';

/** Without numbers: the same refusal has the same message, by which error trackers group. */
function describe({ key, reason }: BulkheadRefusal): string {
  return `${PREFIX}${escaped(key)}" ${reason === 'bulkhead-full' ? 'is full' : 'had no place in time'}`;
}
