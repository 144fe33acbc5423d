/** The refusal of a bulkhead: what a caller gets instead of a call to a host that has all the calls it may have. */

import { findCause } from './find-cause.ts';

/** In the global symbol registry, so that errors are known across two copies of this package. */
const BRAND = Symbol.for('cutout.BulkheadFullError');

/** `full`: no place and no room in the queue. `timeout`: queued, and got no place in time. */
export type BulkheadRefusalReason = 'full' | 'timeout';

export interface BulkheadRefusal {
  readonly key: string;
  readonly limit: number;
  readonly queued: number;
  readonly reason: BulkheadRefusalReason;
}

/** Thrown for a call that got no place. Nothing was sent, and nothing is said about the host's health. */
export class BulkheadFullError extends Error {
  declare readonly name: 'BulkheadFullError';
  readonly code: string;
  /** The bulkhead's key: an origin, for HTTP. */
  readonly key: string;
  /** Calls that could run at a time when this one was refused. */
  readonly limit: number;
  /** Calls that stood in the queue then, without this one. */
  readonly queued: number;
  /** `full`, or `timeout` for a call that was queued for too long. */
  readonly reason: BulkheadRefusalReason;

  constructor(refusal: BulkheadRefusal) {
    super(describe(refusal));
    this.code = 'ERR_BULKHEAD_FULL';
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

/** Whether `error` is a bulkhead's refusal, or wraps one: seen through `cause` and `AggregateError.errors`, 10 deep. */
export function isBulkheadFullError(error: unknown): boolean {
  return findCause(error, isFull) !== undefined;
}

function describe({ key, limit, queued, reason }: BulkheadRefusal): string {
  const bulkhead = `[@cutout/core] bulkhead "${key}"`;
  return reason === 'full'
    ? `${bulkhead} is full: ${limit} calls at a time, and ${queued} queued`
    : `${bulkhead} had no place in time: ${limit} calls at a time, and ${queued} more queued`;
}
