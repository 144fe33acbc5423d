/** How long to wait before another try. */

import { at, checkNumber, checkObject, checkOneOf, FINITE_MS, report } from '@cutout/core/internal';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import { requireSync } from '../outcome/sync-hook.ts';

export interface BackoffOptions {
  /** The upper end of the first wait in milliseconds. @default 100 */
  readonly initialDelayMs?: number;
  /** The upper end of every wait in milliseconds. @default 10_000 */
  readonly maxDelayMs?: number;
  /** What each further wait grows by: at least 1. @default 2 */
  readonly factor?: number;
  /** `full`: anywhere in [0, d); `equal`: in [d/2, d); `none`: d itself. @default 'full' */
  readonly jitter?: 'full' | 'equal' | 'none';
}

export interface BackoffContext {
  /** Which retry this wait goes before, from 1. */
  readonly retry: number;
  readonly request: HttpRequest;
  readonly outcome: HttpOutcome;
}

/** A wait in milliseconds, before what the server asked for is added. */
export type Backoff = (context: BackoffContext) => number;

export const BACKOFF_DEFAULTS: Required<BackoffOptions> = {
  initialDelayMs: 100,
  maxDelayMs: 10_000,
  factor: 2,
  jitter: 'full',
};

const AT_LEAST_ONE = { min: 1, expected: 'a number of at least 1' };

/**
 * Checks the option and returns the wait before the n-th retry: `min(maxDelayMs, initialDelayMs * factor^(n - 1))`
 * with jitter.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function checkBackoff(path: string, option: unknown = {}, random: () => number = Math.random): Backoff {
  const byDefault = exponential(BACKOFF_DEFAULTS, random);
  if (typeof option === 'function') return guarded(option as Backoff, byDefault);
  const given = checkObject(path, option, Object.keys(BACKOFF_DEFAULTS));
  const number = (name: 'initialDelayMs' | 'maxDelayMs', fallback: number): number =>
    checkNumber(at(path, name), given[name], FINITE_MS, fallback);
  const initialDelayMs = number('initialDelayMs', BACKOFF_DEFAULTS.initialDelayMs);
  const maxDelayMs = number('maxDelayMs', Math.max(BACKOFF_DEFAULTS.maxDelayMs, initialDelayMs));
  if (maxDelayMs < initialDelayMs) {
    const [max, initial] = [at(path, 'maxDelayMs'), at(path, 'initialDelayMs')];
    throw new RangeError(`${max} must be at least ${initial} (${initialDelayMs}), got ${maxDelayMs}`);
  }
  const factor = checkNumber(at(path, 'factor'), given['factor'], AT_LEAST_ONE, BACKOFF_DEFAULTS.factor);
  const jitter = checkOneOf(at(path, 'jitter'), given['jitter'], ['full', 'equal', 'none'], BACKOFF_DEFAULTS.jitter);
  return exponential({ initialDelayMs, maxDelayMs, factor, jitter }, random);
}

function exponential(options: Required<BackoffOptions>, random: () => number): Backoff {
  const { initialDelayMs, maxDelayMs, factor } = options;
  const fixed = { full: 0, equal: 0.5, none: 1 }[options.jitter];
  const highest = Math.min(maxDelayMs, MAX_TIMER_MS);
  return ({ retry }) => {
    const whole = Math.min(highest, initialDelayMs * factor ** (retry - 1));
    return whole * (fixed + (1 - fixed) * random());
  };
}

/** A function of the user's that throws, or returns nonsense or a promise, must not turn into retries without a wait. */
function guarded(own: Backoff, byDefault: Backoff): Backoff {
  let reported = false;
  return context => {
    try {
      const ms = requireSync('retry.backoff', own(context));
      if (typeof ms === 'number' && ms >= 0) return Math.min(ms, MAX_TIMER_MS);
      throw new RangeError(`retry.backoff returned ${String(ms)}`);
    } catch (error) {
      if (!reported) report('[@cutout/http] retry.backoff failed; using the default', error);
      reported = true;
      return byDefault(context);
    }
  };
}
