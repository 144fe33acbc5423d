/** The trips of this package, as the values that their factories return. */

import type { CounterFactory } from './period-counter.ts';

/** In the global symbol registry, so that a trip works with a breaker of another copy of this package. */
const CREATE: unique symbol = Symbol.for('cutout.trip') as never;

/** What `consecutive()`, `rate()` and `adaptive()` return: checked options, to be given as `trip`. */
export interface BuiltInTrip {
  readonly type: 'consecutive' | 'rate' | 'adaptive';
  /** For the breaker only. */
  readonly [CREATE]: CounterFactory;
}

/** A class of its own, so that copying options leaves the value as it is. */
class TripValue implements BuiltInTrip {
  readonly type: BuiltInTrip['type'];
  readonly [CREATE]: CounterFactory;

  constructor(type: BuiltInTrip['type'], create: CounterFactory) {
    this.type = type;
    this[CREATE] = create;
    Object.freeze(this);
  }
}

export function builtInTrip(type: BuiltInTrip['type'], create: CounterFactory): BuiltInTrip {
  return new TripValue(type, create);
}

/** The maker of the counters of a built-in trip; undefined for anything else. */
export function factoryOf(value: unknown): CounterFactory | undefined {
  return (value as Partial<BuiltInTrip> | null | undefined)?.[CREATE];
}
