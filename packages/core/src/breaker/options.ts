/** The breaker's options: their meaning, their defaults, and the check that every mistake meets when they are built. */

import { BREAKER_ALIASES, HALF_OPEN_ALIASES } from '../common/aliases.ts';
import { at, checkNumber, checkObject, checkOneOf, FINITE_MS, POSITIVE_INTEGER } from '../common/check.ts';
import type { ConsecutiveTrip } from '../trip/consecutive.ts';
import { checkTrip, DEFAULT_TRIP, neverTrips, type Trip } from '../trip/trip.ts';
import type { TripFactory } from '../trip/trip-counter.ts';
import { checkOpenDuration, DEFAULT_OPEN_DURATION_MS, type OpenDuration } from './open-duration.ts';
import { checkRecovery, type RecoveryOptions } from './recovery.ts';
import { checkThrottle, type ThrottleOptions } from './throttle.ts';

export interface BreakerOptions {
  /**
   * What opens the circuit; of several trips, any one does.
   * @default { type: 'consecutive', failures: 5, forgetAfterMs: 10_000 }
   */
  readonly trip?: Trip | readonly Trip[];
  /**
   * Milliseconds from opening to half-open: positive and finite, or a function of the opening such as
   * `exponentialOpen()`. A wait that the server itself asked for goes before it.
   * @default 60_000
   */
  readonly openDurationMs?: OpenDuration;
  readonly halfOpen?: HalfOpenOptions;
  /** After closing, lets a growing share of the calls through. None by default: all at once. */
  readonly recovery?: RecoveryOptions;
  /**
   * Refuses a share of the calls while too few are answered well. None by default. Where it is given and `trip` is not,
   * nothing opens the circuit.
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
export interface Settings {
  readonly createTripCounter: TripFactory;
  readonly openDurationMs: OpenDuration;
  readonly maxCalls: number;
  readonly successThreshold: number;
  readonly probeTimeoutMs: number;
  readonly recovery: Required<RecoveryOptions> | undefined;
  readonly throttle: Required<ThrottleOptions> | undefined;
  readonly mode: Mode;
}

interface BreakerDefaults {
  readonly trip: ConsecutiveTrip;
  readonly openDurationMs: number;
  readonly halfOpen: Required<HalfOpenOptions>;
  readonly mode: Mode;
}

/** Every default in one place; the documentation is checked against it. */
export const BREAKER_DEFAULTS: BreakerDefaults = {
  trip: DEFAULT_TRIP,
  openDurationMs: DEFAULT_OPEN_DURATION_MS,
  halfOpen: { maxCalls: 5, successThreshold: 2, probeTimeoutMs: 30_000 },
  mode: 'enforce',
};

const BREAKER_KEYS = ['trip', 'openDurationMs', 'halfOpen', 'recovery', 'throttle', 'mode'];
const MODES = ['enforce', 'shadow', 'off'] as const;

/**
 * Checks breaker options and fills in the defaults. `path` names where they stand in the caller's options.
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value.
 */
export function checkBreakerOptions(options: unknown = {}, path = ''): Settings {
  const given = checkObject(path, options, BREAKER_KEYS, BREAKER_ALIASES);
  const throttle = checkThrottle(at(path, 'throttle'), given['throttle']);
  const { trip } = given;
  return {
    createTripCounter: throttle && trip === undefined ? neverTrips : checkTrip(at(path, 'trip'), trip),
    openDurationMs: checkOpenDuration(at(path, 'openDurationMs'), given['openDurationMs']),
    ...checkHalfOpen(at(path, 'halfOpen'), given['halfOpen']),
    recovery: checkRecovery(at(path, 'recovery'), given['recovery']),
    throttle,
    mode: checkOneOf(at(path, 'mode'), given['mode'], MODES, BREAKER_DEFAULTS.mode),
  };
}

function checkHalfOpen(
  path: string,
  value: unknown = {},
): Pick<Settings, 'maxCalls' | 'successThreshold' | 'probeTimeoutMs'> {
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
