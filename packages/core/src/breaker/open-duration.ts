/** How long a circuit stays open. */

import { at, checkNumber, checkObject, checkOneOf, FINITE_MS, show } from '../common/check.ts';
import { report } from '../common/events.ts';
import type { FailureSummary } from '../common/failure-summary.ts';
import { handleRejection } from '../common/promise-like.ts';

/** What a function given as `openDurationMs` may go by. */
export interface OpenContext {
  readonly key: string;
  /** How many times in a row the circuit has opened, this time included; 1 when it was closed before. */
  readonly opens: number;
  readonly cause?: FailureSummary;
  /** A number in [0, 1) from the breaker's own source of chance. */
  readonly random: () => number;
}

export type OpenDuration = number | ((context: OpenContext) => number);

export const DEFAULT_OPEN_DURATION_MS = 60_000;

/** Bounds of a wait that a server requests with Retry-After, in milliseconds. */
const REQUESTED_MS = { min: 1_000, max: 300_000 } as const;

/** The server's request, used if this failure opens the circuit. */
export interface FailureHint {
  /** Milliseconds from now for which the server requested no calls. */
  readonly openForMs?: number;
}

/** The instant until which the server requested a wait, if it did. */
export function requestedInstant(hint: FailureHint | undefined, now: number): number | undefined {
  const ms = hint?.openForMs;
  return typeof ms === 'number' && ms >= 0 ? now + ms : undefined;
}

/** A server may not hold a circuit open for ever, nor for no time at all. */
export function clampRequested(ms: number): number {
  return Math.min(REQUESTED_MS.max, Math.max(REQUESTED_MS.min, ms));
}

/** The longest open time to restore from a snapshot where `openDurationMs` is a function. */
const LONGEST_COMPUTED_MS = 86_400_000;

/** The longest wait that a circuit of these options can have left. */
export function longestOpenMs(duration: OpenDuration): number {
  return Math.max(REQUESTED_MS.max, typeof duration === 'number' ? duration : LONGEST_COMPUTED_MS);
}

export function checkOpenDuration(path: string, value: unknown): OpenDuration {
  if (typeof value === 'function') return value as OpenDuration;
  return checkNumber(path, value, FINITE_MS, DEFAULT_OPEN_DURATION_MS);
}

/** The open time in milliseconds. A function that throws or returns nonsense is replaced by the default. */
export function openDurationMs(duration: OpenDuration, context: OpenContext): number {
  if (typeof duration === 'number') return duration;
  try {
    const ms = duration(context);
    if (typeof ms === 'number' && ms > 0 && ms < Number.POSITIVE_INFINITY) return ms;
    handleRejection(ms);
    report(`[@cutout/core] openDurationMs returned ${show(ms)}; using`, DEFAULT_OPEN_DURATION_MS);
  } catch (error) {
    report('[@cutout/core] openDurationMs threw; using the default', error);
  }
  return DEFAULT_OPEN_DURATION_MS;
}

export interface ExponentialOpenOptions {
  /** The first open time in milliseconds. @default 5_000 */
  readonly initialMs?: number;
  /** What each further opening in a row multiplies it by: at least 1. @default 2 */
  readonly factor?: number;
  /** The longest open time in milliseconds. @default 300_000 */
  readonly maxMs?: number;
  /** `full`: anywhere in (0, d]; `equal`: in (d/2, d]; `none`: d itself. @default 'equal' */
  readonly jitter?: 'full' | 'equal' | 'none';
}

/**
 * An `openDurationMs` that grows while the host stays down: `min(maxMs, initialMs * factor^(opens - 1))`, with jitter
 * so that many clients do not probe at once.
 *
 * @throws TypeError or RangeError for options out of range.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function exponentialOpen(options: ExponentialOpenOptions = {}): (context: OpenContext) => number {
  const given = checkObject('', options, ['initialMs', 'factor', 'maxMs', 'jitter']);
  const initialMs = checkNumber('initialMs', given['initialMs'], FINITE_MS, 5_000);
  const factor = checkNumber('factor', given['factor'], { min: 1, expected: 'a number of at least 1' }, 2);
  const maxMs = checkNumber('maxMs', given['maxMs'], FINITE_MS, Math.max(300_000, initialMs));
  const jitter = checkOneOf(at('', 'jitter'), given['jitter'], ['full', 'equal', 'none'], 'equal');
  if (maxMs < initialMs) throw new RangeError(`maxMs must be at least initialMs (${initialMs}), got ${maxMs}`);
  const spread = { full: 1, equal: 0.5, none: 0 }[jitter];
  return ({ opens, random }) => {
    const whole = Math.min(maxMs, initialMs * factor ** (opens - 1));
    return whole * (1 - spread * random());
  };
}
