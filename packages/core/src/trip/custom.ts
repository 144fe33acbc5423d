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

/** The substitute for a counter that cannot be made: it never opens the circuit. */
const IDLE: TripCounter = { record: () => undefined, tripped: () => false };

/** Runs a trip's own code. Its first error is reported; every later one is dropped. */
class Guard {
  readonly #name: string;
  #hasReported = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** The result of `step`, or undefined where it throws or its result is not what `isValid` wants. */
  run<T>(method: string, step: () => unknown, expected: string, isValid: (value: unknown) => boolean): T | undefined {
    try {
      const value = step();
      if (isValid(value)) return value as T;
      handleRejection(value);
      this.#report(method, new TypeError(`${method} must return ${expected}, got ${show(value)}`));
    } catch (error) {
      this.#report(method, error);
    }
    return undefined;
  }

  /** For a `step` whose result has no use. */
  do(method: string, step: () => unknown): void {
    this.run(method, step, 'nothing, and no promise', value => !isThenable(value));
  }

  #report(method: string, error: unknown): void {
    if (this.#hasReported) return;
    this.#hasReported = true;
    report(`[@cutout/core] trip ${show(this.#name)} failed in ${method}; the breaker goes on without this step`, error);
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
    const started = guard.run<unknown>(
      'start()',
      () => trip.start(earlier),
      'a counter',
      () => true,
    );
    this.name = trip.name;
    this.#trip = trip;
    this.#guard = guard;
    this.own =
      guard.run<TripCounter>(
        'start()',
        () => checkCounter('trip', started),
        'a counter',
        () => true,
      ) ?? IDLE;
    this.watches = this.own.admitted !== undefined || this.own.ignored !== undefined;
  }

  get parts(): readonly PeriodCounter[] {
    return [this];
  }

  /** A call that was admitted before this trip was set, and was not timed. */
  good(clock: Clock): void {
    const now = clock.now();
    this.#record({ admittedAt: now }, 'success', now, false);
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

  #record(call: Admitted, verdict: 'success' | 'failure', at: number, afterHeaders: boolean): void {
    const known = Number.isFinite(call.admittedAt) ? call : { admittedAt: at };
    this.#guard.do('record()', () => this.own.record({ call: known, verdict, at, afterHeaders }));
  }

  /** Of the last failure: which of them count, only the trip knows. */
  requestedUntil(): number | undefined {
    return this.#requestedUntil;
  }

  tripped(now: number): 'custom' | undefined {
    const isTripped = this.#guard.run<boolean>('tripped()', () => this.own.tripped(now), 'true or false', isBoolean);
    return isTripped ? 'custom' : undefined;
  }

  evidence(): Evidence {
    return this.#hasFailed ? 'live' : 'none';
  }

  utilization(now: number): number {
    const { own } = this;
    if (!own.utilization) return 0;
    const read = (): unknown => own.utilization?.(now);
    return this.#guard.run<number>('utilization()', read, 'a finite number of at least 0', isShare) ?? 0;
  }

  phrases(now: number): readonly string[] {
    return this.readings(now).map(({ name, description }) =>
      escaped(description === undefined ? name : `${name}: ${description}`),
    );
  }

  readings(now: number): readonly CustomReading[] {
    const { name, own } = this;
    if (!own.describe) return [{ type: 'custom', name }];
    const description = this.#guard.run<string>('describe()', () => own.describe?.(now), 'a string', isString);
    return [{ type: 'custom', name, ...(description === undefined ? {} : { description }) }];
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
    if (this.own.admitted) this.#guard.do('admitted()', () => this.own.admitted?.(call));
  }

  catchUp(): void {
    // The time comes with tripped().
  }

  ignored(call: Admitted): void {
    if (this.own.ignored) this.#guard.do('ignored()', () => this.own.ignored?.(call));
  }

  superseded(call: Admitted): boolean {
    this.ignored(call);
    return false;
  }
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}
