/** Reads the `trip` option. */

import { at, isPlainRecord, show } from '../common/check.ts';
import { AnyOf } from './any-of.ts';
import { type BuiltInTrip, factoryOf } from './built-in-trip.ts';
import { customFactory } from './custom.ts';
import type { CounterFactory } from './period-counter.ts';
import type { Trip } from './trip.ts';

/** One trip, or several of which any one opens the circuit. */
export type TripOption = BuiltInTrip | Trip | readonly (BuiltInTrip | Trip)[];

/** For a circuit that is only opened by hand. */
export const neverTrips: CounterFactory = () => new AnyOf([]);

/**
 * Returns the maker of the counters of `trip`.
 *
 * @throws TypeError for what is no trip, RangeError for an empty list.
 */
export function checkTrip(path: string, trip: unknown): CounterFactory {
  if (!Array.isArray(trip)) return checkOne(path, trip);
  if (trip.length === 0) throw new RangeError(`${path} must name at least one trip, got []`);
  const factories = trip.map((one, i) => checkOne(`${path}[${i}]`, one));
  return factories.length === 1
    ? (factories[0] as CounterFactory)
    : earlier => new AnyOf(factories.map(create => create(earlier)));
}

function checkOne(path: string, trip: unknown): CounterFactory {
  const factory = factoryOf(trip);
  if (factory) return factory;
  if (!isPlainRecord(trip)) throw new TypeError(`${path} must be ${EXPECTED}, got ${show(trip)}`);
  const maker = makerOf(trip);
  if (maker) {
    const hint = `import { ${maker} } from '@cutout/core'`;
    throw new TypeError(`${path} must be what ${maker}() returns, got ${show(trip)}; ${hint}`);
  }
  if (!('start' in trip)) throw new TypeError(`${path} must be ${EXPECTED}, got ${show(trip)}`);
  return checkCustom(path, trip);
}

const EXPECTED = 'what consecutive(), rate() or adaptive() returns, or an object with name and start()';

/** The factory that was meant, where options are given in place of what it makes of them. */
function makerOf(trip: Readonly<Record<string, unknown>>): string | undefined {
  if ('start' in trip) return undefined;
  const { type } = trip;
  if (type === 'consecutive' || type === 'rate' || type === 'adaptive') return type;
  const has = (...names: string[]): boolean => names.some(name => name in trip);
  if (has('failures', 'forgetAfterMs', 'threshold')) return 'consecutive';
  return has('failureRatio', 'minimumCalls', 'window', 'slowCall') ? 'rate' : undefined;
}

function checkCustom(path: string, trip: Readonly<Record<string, unknown>>): CounterFactory {
  const { name, start } = trip;
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`${at(path, 'name')} must be a string that is not empty, got ${show(name)}`);
  if (typeof start !== 'function') throw new TypeError(`${at(path, 'start')} must be a function, got ${show(start)}`);
  return customFactory(path, trip as unknown as Trip);
}
