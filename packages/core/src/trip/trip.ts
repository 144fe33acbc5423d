/** What makes a closed circuit open. */

import { at, checkObject, show } from '../common/check.ts';
import { AdaptiveCounter, type AdaptiveTrip, checkAdaptiveTrip } from './adaptive.ts';
import { AnyOf } from './any-of.ts';
import { ConsecutiveCounter, type ConsecutiveTrip, checkConsecutiveTrip } from './consecutive.ts';
import { checkRateTrip, RateCounter, type RateTrip } from './rate.ts';
import type { TripFactory } from './trip-counter.ts';

/** One rule that opens a closed circuit. */
export type Trip = ConsecutiveTrip | RateTrip | AdaptiveTrip;

export const DEFAULT_TRIP: ConsecutiveTrip = { type: 'consecutive', failures: 5, forgetAfterMs: 10_000 };

/** Checks the `trip` option and returns the maker of its counters. Of several trips, any one opens the circuit. */
export function checkTrip(path: string, trip: unknown = DEFAULT_TRIP): TripFactory {
  if (!Array.isArray(trip)) return checkOne(path, trip);
  if (trip.length === 0) throw new RangeError(`${path} must name at least one trip, got []`);
  const factories = trip.map((one, i) => checkOne(`${path}[${i}]`, one));
  return factories.length === 1
    ? (factories[0] as TripFactory)
    : earlier => new AnyOf(factories.map(make => make(earlier)));
}

function checkOne(path: string, trip: unknown): TripFactory {
  const type = (trip as { type?: unknown } | null)?.type;
  switch (type) {
    case 'consecutive': {
      const checked = checkConsecutiveTrip(path, trip);
      return () => new ConsecutiveCounter(checked);
    }
    case 'rate': {
      const checked = checkRateTrip(path, trip);
      return () => new RateCounter(checked);
    }
    case 'adaptive': {
      const checked = checkAdaptiveTrip(path, trip);
      return earlier => new AdaptiveCounter(checked, earlier);
    }
    default: {
      const given = checkObject(path, trip);
      const Kind = typeof type === 'string' ? RangeError : TypeError;
      const hint = type === undefined ? hintFor(given) : '';
      throw new Kind(`${at(path, 'type')} must be 'consecutive', 'rate' or 'adaptive', got ${show(type)}${hint}`);
    }
  }
}

/** Where the type is missing, the rest may say which is meant. */
function hintFor(trip: Readonly<Record<string, unknown>>): string {
  const has = (names: string[]): boolean => names.some(name => name in trip);
  if (has(['failures', 'forgetAfterMs', 'threshold'])) return ": the type is missing; did you mean 'consecutive'?";
  if (has(['failureRatio', 'minimumCalls', 'window', 'slowCall'])) return ": the type is missing; did you mean 'rate'?";
  return '';
}

/** For a circuit that is only opened by hand. */
export const neverTrips: TripFactory = () => new AnyOf([]);
