/** How many calls may run at a time: a number, or one that follows how the calls end. */

import { at, checkNumber, checkObject, checkOneOf, FINITE_MS, POSITIVE_INTEGER } from '../common/check.ts';
import type { Verdict } from '../common/verdict.ts';

export interface AdaptiveLimitOptions {
  readonly type: 'adaptive';
  /** Calls at a time in the beginning: a positive integer from `floor` to `ceiling`. @default 20, or the nearer of those */
  readonly initial?: number;
  /** The limit never falls below it: a positive integer. @default 1 */
  readonly floor?: number;
  /** The limit never rises above it: a positive integer. @default 200 */
  readonly ceiling?: number;
  /** What is left of the limit after a call that failed or was slow: from 0.5 to below 1. @default 0.9 */
  readonly backoffRatio?: number;
  /** Milliseconds from which a call counts as slow, as if it had failed: finite, positive. @default 5_000 */
  readonly slowCallMs?: number;
}

export const ADAPTIVE_LIMIT_DEFAULTS = {
  initial: 20,
  floor: 1,
  ceiling: 200,
  backoffRatio: 0.9,
  slowCallMs: 5_000,
} as const;

const RATIO = { min: 0.5, max: 1 - Number.EPSILON, expected: 'a number from 0.5 to below 1' };

export type CheckedLimit = number | Required<AdaptiveLimitOptions>;

/** Checks `maxConcurrent`. @throws TypeError or RangeError. */
export function checkLimit(path: string, value: unknown): CheckedLimit {
  if (typeof value !== 'object' || value === null) return checkNumber(path, value, POSITIVE_INTEGER);
  const given = checkObject(path, value, ['type', ...Object.keys(ADAPTIVE_LIMIT_DEFAULTS)]);
  const { initial, floor, ceiling, backoffRatio, slowCallMs } = ADAPTIVE_LIMIT_DEFAULTS;
  const type = checkOneOf(at(path, 'type'), given['type'], ['adaptive']);
  const lowest = checkNumber(at(path, 'floor'), given['floor'], POSITIVE_INTEGER, floor);
  // Checks the default too: a floor above it is an error, not a silent change.
  const highest = checkNumber(at(path, 'ceiling'), given['ceiling'] ?? ceiling, from(lowest, 'floor'));
  const between = { ...from(lowest, 'floor'), max: highest, expected: `an integer from ${lowest} to ${highest}` };
  const first = Math.min(highest, Math.max(lowest, initial));
  return {
    type,
    floor: lowest,
    ceiling: highest,
    initial: checkNumber(at(path, 'initial'), given['initial'], between, first),
    backoffRatio: checkNumber(at(path, 'backoffRatio'), given['backoffRatio'], RATIO, backoffRatio),
    slowCallMs: checkNumber(at(path, 'slowCallMs'), given['slowCallMs'], FINITE_MS, slowCallMs),
  };
}

function from(min: number, name: string): { min: number; integer: true; expected: string } {
  return { min, integer: true, expected: `an integer of at least ${name} (${min})` };
}

export interface ConcurrencyLimit {
  /** Calls that may run at a time, at present. */
  readonly current: number;
  /**
   * A call has ended.
   *
   * @param inFlight Calls that ran when it began, itself among them.
   * @param durationMs Milliseconds until its answer.
   */
  ended(verdict: Verdict, durationMs: number, inFlight: number): void;
}

export function limitOf(checked: CheckedLimit): ConcurrencyLimit {
  return typeof checked === 'number' ? { current: checked, ended: () => undefined } : new AdaptiveLimit(checked);
}

/**
 * Additive increase, multiplicative decrease: a call that failed or was slow makes the limit `floor(limit * backoffRatio)`;
 * a good one adds 1, if at least half of the limit was in use when it began: `2 * inFlight >= limit`. An ignored call
 * changes nothing. So failures lower it however fast they come, and an unused limit does not grow.
 *
 * @see https://github.com/Netflix/concurrency-limits `AIMDLimit`, after TCP's congestion avoidance (Chiu and Jain 1989)
 */
class AdaptiveLimit implements ConcurrencyLimit {
  readonly #options: Required<AdaptiveLimitOptions>;
  #current: number;

  constructor(options: Required<AdaptiveLimitOptions>) {
    this.#options = options;
    this.#current = options.initial;
  }

  get current(): number {
    return this.#current;
  }

  ended(verdict: Verdict, durationMs: number, inFlight: number): void {
    const { floor, ceiling, backoffRatio, slowCallMs } = this.#options;
    if (verdict === 'ignore') return;
    if (verdict === 'failure' || durationMs >= slowCallMs) {
      this.#current = Math.max(floor, Math.floor(this.#current * backoffRatio));
    } else if (2 * inFlight >= this.#current) {
      this.#current = Math.min(ceiling, this.#current + 1);
    }
  }
}
