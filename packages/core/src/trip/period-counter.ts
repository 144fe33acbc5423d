/** The contract of the counters behind every trip, as the state machine uses them. */

import type { TransitionReason } from '../breaker/transition-reason.ts';
import type { Clock } from '../common/clock.ts';
import type { TripReading } from './readings.ts';

/** When a completed call was let in, which decides what it may still say. */
export interface Admitted {
  readonly admittedAt: number;
}

/** What a counter wants to remember of a call from its headers to the end of its body. */
export type Mark = unknown;

/**
 * Counts the calls of one closed period. The four things that can happen to a call are recorded first; then
 * {@link PeriodCounter.tripped} judges.
 */
export interface PeriodCounter {
  /** Whether it must know when a call was admitted that is admitted now. */
  readonly timesCalls: boolean;
  /** Whether nothing stands against the host, so that nothing can trip it before the next failure. */
  readonly calm: boolean;
  /** A good answer without a body to come, of a call that nobody timed. */
  good(clock: Clock): void;
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
  /** How much of what would open the circuit there is, from 0; 1 opens it. */
  utilization(now: number): number;
  /** What it goes by, for people. */
  readings(now: number): readonly TripReading[];
  /** Failures in a row, where that is what is counted. */
  readonly streak: number;
  /** Goes on from a streak of which the last failure was at `at`. */
  resume(streak: number, at: number): void;
  /**
   * The counter to go on with after a reconfiguration: one of the earlier configuration's that fits, taken off the list
   * and given the limits of this one, or else this one.
   */
  adopt(earlier: PeriodCounter[]): PeriodCounter;
  /** Itself, or those that it is made of. */
  readonly parts: readonly PeriodCounter[];
  /** Whether it wants to know of calls in flight as well. Only then are the two that follow called. */
  readonly watches: boolean;
  admitted(call: Admitted): void;
  /** Brings what depends on time alone up to `now`. */
  catchUp(now: number): void;
  /** A call that was admitted says nothing. Always called, but for one that is outrun. */
  ignored(call: Admitted): void;
  /** A call that was admitted says nothing but that it was slow. Whether that counts here; else it is as good as ignored. */
  outrun(call: Admitted, now: number): boolean;
}

export type Evidence = 'none' | 'expired' | 'live';

/** A checked trip: makes the counter of each new closed period, which may learn from the one before. */
export type CounterFactory = (earlier?: PeriodCounter) => PeriodCounter;

/** The mark that `from` gave, as `to` reads it, which after a reconfiguration may have gone on with some of its parts. */
export function carriedOver(mark: Mark, from: PeriodCounter, to: PeriodCounter): Mark {
  const marks = isOne(from) ? [mark] : (mark as readonly Mark[]);
  const carried = to.parts.map(part => marks[from.parts.indexOf(part)]);
  return isOne(to) ? carried[0] : carried;
}

function isOne(counter: PeriodCounter): boolean {
  return counter.parts[0] === counter;
}
