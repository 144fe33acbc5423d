/** Counters that applications write themselves, so that none of them can break a circuit. */

import { checkFunction, show } from '../common/check.ts';
import type { Clock } from '../common/clock.ts';
import { escaped } from '../common/escaped.ts';
import { report } from '../common/events.ts';
import { handleRejection, isThenable } from '../common/promise-like.ts';
import type { Admitted, CounterFactory, Evidence, PeriodCounter } from './period-counter.ts';
import type { CustomReading } from './readings.ts';
import type { Trip, TripCounter } from './trip.ts';

/**
 * The maker of a trip's counters. It makes one at once, for a bad trip to show when the options are checked.
 *
 * @throws TypeError for a counter without the methods that it must have; what `start()` throws.
 */
export function customFactory(path: string, trip: Trip): CounterFactory {
  checkCounter(path, trip.start());
  const guard = new Guard(trip.name);
  return earlier => new CustomCounter(trip, guard, earlier && counterNamed(trip.name, earlier));
}

const OPTIONAL = ['describe', 'utilization', 'admitted', 'ignored'] as const;

function checkCounter(path: string, counter: unknown): TripCounter {
  handleRejection(counter);
  const made = `${path}.start()`;
  if (typeof counter !== 'object' || counter === null || isThenable(counter))
    throw new TypeError(`${made} must return an object with record() and tripped(), got ${show(counter)}`);
  const given = counter as Record<string, unknown>;
  for (const name of ['record', 'tripped'] as const) {
    if (typeof given[name] !== 'function')
      throw new TypeError(`${made}.${name} must be a function, got ${show(given[name])}`);
  }
  for (const name of OPTIONAL) checkFunction(`${made}.${name}`, given[name]);
  return counter as TripCounter;
}

function counterNamed(name: string, earlier: PeriodCounter): TripCounter | undefined {
  for (const part of earlier.parts) {
    if (part instanceof CustomCounter && part.name === name) return part.own;
  }
  return undefined;
}

/** The substitute for a counter that cannot be made: without methods, it never opens the circuit. */
const IDLE = {} as TripCounter;

/** What each method must return. */
const RESULTS: Readonly<Record<string, readonly [expected: string, isValid: (value: unknown) => boolean]>> = {
  tripped: ['true or false', value => typeof value === 'boolean'],
  describe: ['a string', value => typeof value === 'string'],
  utilization: [
    'a finite number of at least 0',
    value => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY,
  ],
};

/** Of the others only a promise is refused: it would be waited for in vain. */
const NOTHING = ['nothing, and no promise', (value: unknown): boolean => !isThenable(value)] as const;

/** Runs a trip's own code. Its first error is reported; every later one is dropped. */
class Guard {
  readonly #name: string;
  #hasReported = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** The result of `step`, or undefined where it throws. */
  run<T>(method: string, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (!this.#hasReported)
        report(
          `[@cutout/core] trip ${show(this.#name)} failed in ${method}(); the breaker goes on without this step`,
          error,
        );
      this.#hasReported = true;
      return undefined;
    }
  }

  /** The result of a method, or undefined where there is none, it throws, or its result is not of the right type. */
  call(counter: TripCounter, method: keyof TripCounter, argument: unknown): unknown {
    if (!counter[method]) return undefined;
    return this.run(method, () => {
      const value: unknown = (counter[method] as (argument: unknown) => unknown)(argument);
      const [expected, isValid] = RESULTS[method] ?? NOTHING;
      if (isValid(value)) return value;
      handleRejection(value);
      throw new TypeError(`${method}() must return ${expected}, got ${show(value)}`);
    });
  }
}

class CustomCounter implements PeriodCounter {
  readonly name: string;
  readonly own: TripCounter;
  /** Every outcome carries the time of its admission. */
  readonly timesCalls = true;
  readonly calm = false;
  readonly streak = 0;
  readonly watches: boolean;
  readonly #trip: Trip;
  readonly #guard: Guard;
  #requestedUntil: number | undefined;
  #hasFailed = false;

  constructor(trip: Trip, guard: Guard, earlier: TripCounter | undefined) {
    this.name = trip.name;
    this.#trip = trip;
    this.#guard = guard;
    this.own = guard.run('start', () => checkCounter('trip', trip.start(earlier))) ?? IDLE;
    this.watches = this.own.admitted !== undefined;
  }

  get parts(): readonly PeriodCounter[] {
    return [this];
  }

  /** A call that was admitted before this trip was set, and was not timed. */
  good(clock: Clock): void {
    this.#record(undefined, 'success', clock.now(), false);
  }

  headers(call: Admitted, at: number): void {
    this.#record(call, 'success', at, false);
  }

  whole(): void {
    // Its headers were recorded.
  }

  broken(call: Admitted, at: number): void {
    this.#hasFailed = true;
    this.#record(call, 'failure', at, true);
  }

  failure(call: Admitted, at: number, requestedUntil?: number): void {
    this.#hasFailed = true;
    this.#requestedUntil = requestedUntil;
    this.#record(call, 'failure', at, false);
  }

  #record(call: Admitted | undefined, verdict: 'success' | 'failure', at: number, afterHeaders: boolean): void {
    const known = call && Number.isFinite(call.admittedAt) ? call : { admittedAt: at };
    this.#guard.call(this.own, 'record', { call: known, verdict, at, afterHeaders });
  }

  /** Of the last failure: which of them count, only the trip knows. */
  requestedUntil(): number | undefined {
    return this.#requestedUntil;
  }

  tripped(now: number): 'custom' | undefined {
    return this.#guard.call(this.own, 'tripped', now) ? 'custom' : undefined;
  }

  evidence(): Evidence {
    return this.#hasFailed ? 'live' : 'none';
  }

  utilization(now: number): number {
    return (this.#guard.call(this.own, 'utilization', now) as number | undefined) ?? 0;
  }

  phrases(now: number): readonly string[] {
    return this.readings(now).map(({ name, description }) =>
      escaped(description === undefined ? name : `${name}: ${description}`),
    );
  }

  readings(now: number): readonly CustomReading[] {
    const description = this.#guard.call(this.own, 'describe', now) as string | undefined;
    return [{ type: 'custom', name: this.name, ...(description === undefined ? {} : { description }) }];
  }

  resume(): void {
    // A snapshot holds failures in a row, which are not this trip's own measure.
  }

  /** The same trip goes on with its counter; another of the same name starts from it. */
  adopt(earlier: PeriodCounter[]): PeriodCounter {
    const index = earlier.findIndex(other => other instanceof CustomCounter && other.#trip === this.#trip);
    return index < 0 ? this : (earlier.splice(index, 1)[0] as PeriodCounter);
  }

  admitted(call: Admitted): void {
    this.#guard.call(this.own, 'admitted', call);
  }

  catchUp(): void {
    // The time comes with tripped().
  }

  ignored(call: Admitted): void {
    this.#guard.call(this.own, 'ignored', call);
  }

  superseded(call: Admitted): boolean {
    this.ignored(call);
    return false;
  }
}
