/** The refusal: thrown in place of a call to a host that is down. */

import type { BreakerState, RefusalReason } from './breaker-state.ts';
import { isCloneOf } from './cloned-error.ts';
import { escaped } from './escaped.ts';
import type { FailureSummary } from './failure-summary.ts';
import { findCause } from './find-cause.ts';

/** In the global symbol registry, so that errors are known across two copies of this package. */
const BRAND = Symbol.for('cutout.CircuitOpenError');
const CODE = 'ERR_CIRCUIT_OPEN';

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
    this.code = CODE;
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

/** Whether `value` is a refusal that came through structured clone, without its class and its fields. */
export function isClonedRefusal(value: unknown): value is Error {
  return isCloneOf(value, 'CircuitOpenError', PREFIX);
}

/**
 * Whether `error` is a refusal, or wraps one: seen through `cause`, `detail` and `AggregateError.errors`, 10 deep, across
 * copies of this package, structured clones and JSON. The fields are those of the refusal itself, which
 * {@link findCircuitOpenError} returns.
 */
export function isCircuitOpenError(error: unknown): error is CircuitOpenError {
  return findCause(error, isAnyRefusal) !== undefined;
}

/**
 * The refusal that `error` is or wraps; see {@link isCircuitOpenError}. One that lost its class on its way is made anew
 * from what is left: a structured clone has no wait, so its `retryAfterMs` is 0.
 */
export function findCircuitOpenError(error: unknown): CircuitOpenError | undefined {
  const found = findCause(error, isAnyRefusal);
  return found === undefined || isRefusal(found) ? found : remade(found);
}

function isAnyRefusal(value: unknown): value is object {
  return isRefusal(value) || isClonedRefusal(value) || isPrinted(value);
}

/** As JSON leaves it. An error of a client that only has the code wraps a refusal, and is none. */
function isPrinted(value: unknown): value is Refusal {
  const { code, key, reason } = value as Record<'code' | 'key' | 'reason', unknown>;
  return code === CODE && typeof key === 'string' && Object.hasOwn(MESSAGES, String(reason));
}

function remade(found: object): CircuitOpenError {
  const refusal = isPrinted(found) ? found : parsed(found as Error);
  const { key, reason, retryAfterMs } = refusal;
  const error = new CircuitOpenError({
    key,
    reason,
    state: reason === 'recovery' || reason === 'throttle' ? 'closed' : reason,
    // JSON has no Infinity.
    retryAfterMs: retryAfterMs ?? Number.POSITIVE_INFINITY,
    cause: refusal.cause,
  });
  const { stack } = found as Error;
  return typeof stack === 'string' ? Object.defineProperty(error, 'stack', { value: stack }) : error;
}

/** Reads a message of {@link describe}. */
function parsed({ message, cause }: Error): Refusal {
  const end = message.lastIndexOf('" is ');
  const rest = message.slice(end + 5);
  const reasons = Object.keys(MESSAGES) as RefusalReason[];
  const reason = reasons.find(each => MESSAGES[each] === rest) ?? 'open';
  return {
    key: message.slice(PREFIX.length, end),
    state: 'open',
    reason,
    retryAfterMs: reason === 'isolated' ? Number.POSITIVE_INFINITY : 0,
    cause: cause as FailureSummary,
  };
}

const PREFIX = '[@cutout/core] circuit "';

/** Without numbers: the same refusal has the same message, by which error trackers group. */
const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  open: 'open',
  isolated: 'isolated by hand until it is released',
  'half-open': 'half-open and all its probe places are taken',
  recovery: 'recovering and lets only some calls through',
  throttle: 'throttled: too few of its recent calls were answered well',
};

function describe({ key, reason }: Refusal): string {
  return `${PREFIX}${escaped(key)}" is ${MESSAGES[reason]}`;
}
