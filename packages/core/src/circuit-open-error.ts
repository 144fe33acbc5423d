/** The refusal: what a caller gets instead of a call to a host that is down. */

import type { FailureSummary } from './failure-summary.ts';
import { findCause } from './find-cause.ts';
import type { BreakerState, RefusalReason } from './states.ts';

/** In the global symbol registry, so that errors are known across two copies of this package. */
const BRAND = Symbol.for('cutout.CircuitOpenError');

export interface Refusal {
  readonly key: string;
  readonly state: BreakerState;
  readonly reason: RefusalReason;
  readonly retryAfterMs: number;
  readonly cause?: FailureSummary | undefined;
}

/** Thrown for a call that was refused. Nothing was sent. */
export class CircuitOpenError extends Error {
  declare readonly name: 'CircuitOpenError';
  readonly code: string;
  /** The breaker's key: an origin, for HTTP. */
  readonly key: string;
  /** `closed` where the circuit lets only a share of its calls through; see {@link reason}. */
  readonly state: BreakerState;
  /** `open`, `isolated`, `half-open` when all probe places are taken; `recovery` or `throttle` when closed. */
  readonly reason: RefusalReason;
  /**
   * Milliseconds after which a call may be admitted again. While half-open: until the oldest probe's lease ends.
   * `Infinity` when isolated by hand. In recovery: until every call is admitted.
   */
  readonly retryAfterMs: number;
  /** The failure that opened the circuit. Frozen and shared by many callers; holds no URL, headers or body. */
  declare readonly cause?: FailureSummary;

  constructor(refusal: Refusal) {
    super(describe(refusal), refusal.cause ? { cause: refusal.cause } : undefined);
    this.code = 'ERR_CIRCUIT_OPEN';
    this.key = refusal.key;
    this.state = refusal.state;
    this.reason = refusal.reason;
    this.retryAfterMs = refusal.retryAfterMs;
  }

  static {
    // On the prototype, for errors that are made by the thousand.
    Object.defineProperty(CircuitOpenError.prototype, BRAND, { value: true });
    Object.defineProperty(CircuitOpenError.prototype, 'name', { value: 'CircuitOpenError', configurable: true });
  }
}

/** Whether `value` itself is a refusal, of this copy of the package or another. */
export function isRefusal(value: unknown): value is CircuitOpenError {
  return (value as Record<symbol, unknown> | null | undefined)?.[BRAND] === true;
}

/** Whether `error` is a refusal, or wraps one: seen through `cause` and `AggregateError.errors`, 10 deep, across copies. */
export function isCircuitOpenError(error: unknown): boolean {
  return findCircuitOpenError(error) !== undefined;
}

/** The refusal that `error` is or wraps; see {@link isCircuitOpenError}. */
export function findCircuitOpenError(error: unknown): CircuitOpenError | undefined {
  return findCause(error, isRefusal);
}

function describe({ key, reason, retryAfterMs }: Refusal): string {
  const circuit = `[@cutout/core] circuit "${key}" is`;
  switch (reason) {
    case 'isolated':
      return `${circuit} isolated by hand until it is released`;
    case 'half-open':
      return `${circuit} half-open and all its probe places are taken`;
    case 'recovery':
      return `${circuit} recovering and lets only some calls through for ${Math.ceil(retryAfterMs)} ms more`;
    case 'throttle':
      return `${circuit} throttled: too few of its recent calls were answered well`;
    default:
      return `${circuit} open; retry after ${Math.ceil(retryAfterMs)} ms`;
  }
}
