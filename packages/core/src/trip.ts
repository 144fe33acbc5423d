/** What makes a closed circuit open: the contract of every trip, and their combination. */

import { at, checkObject, show } from './check.ts';
import { ConsecutiveCounter, type ConsecutiveTrip, checkConsecutiveTrip } from './consecutive-trip.ts';
import type { TransitionReason } from './events.ts';
import { later } from './later.ts';
import { checkRateTrip, RateCounter, type RateTrip } from './rate-trip.ts';

/** One rule that opens a closed circuit. */
export type Trip = ConsecutiveTrip | RateTrip;

/** When a completed call was let in, which decides what it may still say. */
export interface Admitted {
  readonly admittedAt: number;
}

/** What a counter wants to remember of a call from its headers to the end of its body. */
export type Mark = unknown;

/**
 * Counts the calls of one closed period. The four things that can happen to a call are recorded first; then
 * {@link TripCounter.tripped} judges.
 */
export interface TripCounter {
  /** A good answer without a body to come, or good headers. The mark comes back when the body has ended. */
  headers(call: Admitted, now: number): Mark;
  /** The body that was to come has arrived whole. */
  whole(call: Admitted, now: number, mark: Mark): void;
  /** The body that was to come broke. */
  broken(call: Admitted, now: number, mark: Mark): void;
  /** `askedUntil`: the instant before which the server asked not to be called, if it did. */
  failure(call: Admitted, now: number, askedUntil?: number): void;
  /** The latest such instant among the failures that count at `now`. */
  askedUntil(now: number): number | undefined;
  /** Why the circuit must open now, if it must. */
  tripped(now: number): TransitionReason | undefined;
  /** Whether there is evidence against the host: live, too old to count, or none. */
  evidence(now: number): Evidence;
  /** Failures in a row, where that is what is counted. */
  readonly streak: number;
  /** Goes on from a streak of which the last failure was at `at`. */
  resume(streak: number, at: number): void;
  /** Takes over one of the counters of an earlier configuration, and takes it off the list; false where none fits. */
  adopt(earlier: TripCounter[]): boolean;
  /** Itself, or those that it is made of. */
  readonly parts: readonly TripCounter[];
  /** Whether it wants to know of calls in flight as well. Only then are the three that follow called. */
  readonly watches: boolean;
  admitted(call: Admitted): void;
  /** Brings what depends on time alone up to `now`. */
  catchUp(now: number): void;
  /** A call that was admitted says nothing. */
  ignored(call: Admitted, now: number): void;
}

export type Evidence = 'none' | 'expired' | 'live';

/** A checked trip: makes the counter of each new closed period. */
export type TripFactory = () => TripCounter;

export const DEFAULT_TRIP: ConsecutiveTrip = { type: 'consecutive', failures: 5, forgetAfterMs: 10_000 };

/** Checks the `trip` option and returns the maker of its counters. Of several trips, any one opens the circuit. */
export function checkTrip(path: string, trip: unknown = DEFAULT_TRIP): TripFactory {
  if (!Array.isArray(trip)) return checkOne(path, trip);
  if (trip.length === 0) throw new RangeError(`${path} must name at least one trip, got []`);
  const factories = trip.map((one, i) => checkOne(`${path}[${i}]`, one));
  return factories.length === 1 ? (factories[0] as TripFactory) : () => new AnyOf(factories.map(make => make()));
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
    default: {
      checkObject(path, trip, Object.keys(Object(trip)));
      const Kind = typeof type === 'string' ? RangeError : TypeError;
      throw new Kind(`${at(path, 'type')} must be 'consecutive' or 'rate', got ${show(type)}`);
    }
  }
}

/** Several counters that all see every call. */
class AnyOf implements TripCounter {
  readonly #counters: readonly TripCounter[];

  constructor(counters: readonly TripCounter[]) {
    this.#counters = counters;
  }

  headers(call: Admitted, now: number): Mark {
    return this.#counters.map(counter => counter.headers(call, now));
  }

  whole(call: Admitted, now: number, mark: Mark): void {
    this.#counters.forEach((counter, i) => void counter.whole(call, now, (mark as Mark[] | undefined)?.[i]));
  }

  broken(call: Admitted, now: number, mark: Mark): void {
    this.#counters.forEach((counter, i) => void counter.broken(call, now, (mark as Mark[] | undefined)?.[i]));
  }

  failure(call: Admitted, now: number, askedUntil?: number): void {
    for (const counter of this.#counters) counter.failure(call, now, askedUntil);
  }

  askedUntil(now: number): number | undefined {
    return this.#counters.reduce<number | undefined>((all, one) => later(all, one.askedUntil(now)), undefined);
  }

  get streak(): number {
    return Math.max(...this.#counters.map(counter => counter.streak));
  }

  resume(streak: number, at: number): void {
    for (const counter of this.#counters) counter.resume(streak, at);
  }

  adopt(earlier: TripCounter[]): boolean {
    const count = earlier.length;
    const adopted = this.#counters.map(counter => counter.adopt(earlier));
    return count === adopted.length && adopted.every(Boolean);
  }

  get parts(): readonly TripCounter[] {
    return this.#counters;
  }

  get watches(): boolean {
    return this.#counters.some(counter => counter.watches);
  }

  admitted(call: Admitted): void {
    for (const counter of this.#counters) counter.admitted(call);
  }

  catchUp(now: number): void {
    for (const counter of this.#counters) counter.catchUp(now);
  }

  ignored(call: Admitted, now: number): void {
    for (const counter of this.#counters) counter.ignored(call, now);
  }

  tripped(now: number): TransitionReason | undefined {
    for (const counter of this.#counters) {
      const reason = counter.tripped(now);
      if (reason) return reason;
    }
    return undefined;
  }

  evidence(now: number): Evidence {
    const all = this.#counters.map(counter => counter.evidence(now));
    return all.find(one => one === 'live') ?? all.find(one => one === 'expired') ?? 'none';
  }
}
