/** The breaker's options: their meaning, their defaults, and the check that every mistake meets when they are built. */

import { BREAKER_ALIASES, HALF_OPEN_ALIASES } from '../common/aliases.ts';
import {
  at,
  checkNumber,
  checkObject,
  checkOneOf,
  FINITE_MS,
  type Options,
  POSITIVE_INTEGER,
} from '../common/check.ts';
import { checkTrip, neverTrips, type TripOption } from '../trip/check-trip.ts';
import { CONSECUTIVE_DEFAULTS, consecutiveFactory } from '../trip/consecutive.ts';
import type { CounterFactory } from '../trip/period-counter.ts';
import { checkOpenDuration, DEFAULT_OPEN_DURATION_MS, type OpenDuration } from './open-duration.ts';
import { checkRecovery, type RecoveryOptions } from './recovery.ts';
import { checkThrottle, type ThrottleOptions } from './throttle.ts';

export interface BreakerOptions {
  /** Failures in a row that open the circuit: a positive integer. Not with `trip`. @default 5 */
  readonly failures?: number;
  /**
   * A failure whose call was admitted more than this many milliseconds after the failure before it starts the count
   * afresh. Positive; `Infinity` for never. Not with `trip`.
   * @default 10_000
   */
  readonly forgetAfterMs?: number;
  /**
   * What opens the circuit in place of failures in a row: `rate()`, `adaptive()`, `consecutive()`, an object of your own, or a
   * list of them, of which any one opens it.
   */
  readonly trip?: TripOption;
  /**
   * Milliseconds from opening to half-open: positive and finite, or a function of the opening such as
   * `exponentialOpen()`. A wait that the server requested takes precedence.
   * @default 60_000
   */
  readonly openDurationMs?: OpenDuration;
  readonly halfOpen?: HalfOpenOptions;
  /** After closing, lets a growing share of the calls through. None by default: all at once. */
  readonly recovery?: RecoveryOptions;
  /**
   * Experimental. Refuses a share of the calls while too few are answered well. None by default. Where it is given without
   * `trip`, `failures` and `forgetAfterMs`, nothing opens the circuit.
   */
  readonly throttle?: ThrottleOptions;
  /**
   * `enforce` refuses; `shadow` decides and reports, and refuses nothing; `off` neither counts nor refuses.
   * @default 'enforce'
   */
  readonly mode?: Mode;
}

export interface HalfOpenOptions {
  /** Calls admitted in all per half-open period: a positive integer. Ignored calls give their place back. @default 5 */
  readonly maxCalls?: number;
  /** Successes in a row that close the circuit: from 1 to `maxCalls`. @default 2, or `maxCalls` where that is 1 */
  readonly successThreshold?: number;
  /** Milliseconds after which an unanswered probe is a failure: positive and finite. @default 30_000 */
  readonly probeTimeoutMs?: number;
}

export type Mode = 'enforce' | 'shadow' | 'off';

/** Checked options, complete. */
export interface ResolvedOptions {
  readonly createCounter: CounterFactory;
  readonly openDurationMs: OpenDuration;
  readonly maxCalls: number;
  readonly successThreshold: number;
  readonly probeTimeoutMs: number;
  readonly recovery: Required<RecoveryOptions> | undefined;
  readonly throttle: Required<ThrottleOptions> | undefined;
  readonly mode: Mode;
}

interface BreakerDefaults {
  readonly failures: number;
  readonly forgetAfterMs: number;
  readonly openDurationMs: number;
  readonly halfOpen: Required<HalfOpenOptions>;
  readonly mode: Mode;
}

/** Every default in one place; the documentation is checked against it. */
export const BREAKER_DEFAULTS: BreakerDefaults = {
  ...CONSECUTIVE_DEFAULTS,
  openDurationMs: DEFAULT_OPEN_DURATION_MS,
  halfOpen: { maxCalls: 5, successThreshold: 2, probeTimeoutMs: 30_000 },
  mode: 'enforce',
};

const BREAKER_KEYS = [
  'failures',
  'forgetAfterMs',
  'trip',
  'openDurationMs',
  'halfOpen',
  'recovery',
  'throttle',
  'mode',
];
const MODES = ['enforce', 'shadow', 'off'] as const;

/**
 * Checks breaker options and fills in the defaults. `path`: of the breaker options in the caller's own.
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value.
 */
export function checkBreakerOptions(options: unknown = {}, path = ''): ResolvedOptions {
  const given = checkObject(path, options, BREAKER_KEYS, BREAKER_ALIASES);
  const throttle = checkThrottle(at(path, 'throttle'), given['throttle']);
  return {
    createCounter: checkCounting(path, given, throttle !== undefined),
    openDurationMs: checkOpenDuration(at(path, 'openDurationMs'), given['openDurationMs']),
    ...checkHalfOpen(at(path, 'halfOpen'), given['halfOpen']),
    recovery: checkRecovery(at(path, 'recovery'), given['recovery']),
    throttle,
    mode: checkOneOf(at(path, 'mode'), given['mode'], MODES, BREAKER_DEFAULTS.mode),
  };
}

/** `isThrottled`: then nothing opens the circuit by default. */
function checkCounting(path: string, given: Options, isThrottled: boolean): CounterFactory {
  const { trip } = given;
  const own = ['failures', 'forgetAfterMs'].find(name => given[name] !== undefined);
  if (trip !== undefined && own)
    throw new TypeError(
      `${at(path, own)} must not be given with ${at(path, 'trip')}: it is an option of consecutive()`,
    );
  if (trip !== undefined) return checkTrip(at(path, 'trip'), trip);
  if (isThrottled && !own) return neverTrips;
  const { failures = CONSECUTIVE_DEFAULTS.failures, forgetAfterMs } = given;
  return consecutiveFactory(path, { failures, forgetAfterMs });
}

function checkHalfOpen(
  path: string,
  value: unknown = {},
): Pick<ResolvedOptions, 'maxCalls' | 'successThreshold' | 'probeTimeoutMs'> {
  const given = checkObject(path, value, ['maxCalls', 'successThreshold', 'probeTimeoutMs'], HALF_OPEN_ALIASES);
  const defaults = BREAKER_DEFAULTS.halfOpen;
  const maxCalls = checkNumber(at(path, 'maxCalls'), given['maxCalls'], POSITIVE_INTEGER, defaults.maxCalls);
  const successThreshold = checkNumber(
    at(path, 'successThreshold'),
    given['successThreshold'],
    POSITIVE_INTEGER,
    Math.min(defaults.successThreshold, maxCalls),
  );
  if (successThreshold > maxCalls) {
    const [threshold, limit] = [at(path, 'successThreshold'), at(path, 'maxCalls')];
    throw new RangeError(`${threshold} must be at most ${limit} (${maxCalls}), got ${successThreshold}`);
  }
  const probeTimeoutMs = checkNumber(
    at(path, 'probeTimeoutMs'),
    given['probeTimeoutMs'],
    FINITE_MS,
    defaults.probeTimeoutMs,
  );
  return { maxCalls, successThreshold, probeTimeoutMs };
}
