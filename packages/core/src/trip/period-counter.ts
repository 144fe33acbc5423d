/** The contract of the counters behind every trip, as the state machine uses them. */

import type { TransitionReason } from '../common/breaker-state.ts';
import type { Clock } from '../common/clock.ts';
import type { TripReading } from './readings.ts';

/** An admitted call, as counters see it. */
export interface Admitted {
  readonly admittedAt: number;
}

/** A counter's own record of a call, kept from its headers to the end of its body. */
export type CountToken = unknown;

/**
 * Counts the calls of one closed period. The four things that can happen to a call are recorded first; then
 * {@link PeriodCounter.tripped} judges.
 */
export interface PeriodCounter {
  /** Whether it needs the admission time of calls that are admitted now. */
  readonly timesCalls: boolean;
  /** Whether there is no evidence against the host, so that nothing can trip before the next failure. */
  readonly calm: boolean;
  /** A good answer without a body to come, of a call that was not timed. */
  good(clock: Clock): void;
  /** A good answer without a body to come, or good headers. The token comes back when the body has ended. */
  headers(call: Admitted, now: number): CountToken;
  /** The body that was to come has arrived whole. */
  whole(call: Admitted, now: number, token: CountToken): void;
  /** The body that was to come broke. */
  broken(call: Admitted, now: number, token: CountToken): void;
  /** `requestedUntil`: the instant until which the server requested a wait, if it did. */
  failure(call: Admitted, now: number, requestedUntil?: number): void;
  /** The latest such instant among the failures that count at `now`. */
  requestedUntil(now: number): number | undefined;
  /** Why the circuit must open now, if it must. */
  tripped(now: number): TransitionReason | undefined;
  /** Whether there is evidence against the host: live, too old to count, or none. */
  evidence(now: number): Evidence;
  /** How much of what would open the circuit there is, from 0; 1 opens it. */
  utilization(now: number): number;
  /** What it goes by, for people. */
  readings(now: number): readonly TripReading[];
  /** The same in words, one phrase for each. */
  phrases(now: number): readonly string[];
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
  /** Whether it tracks calls in flight. Only then are the two that follow called. */
  readonly watches: boolean;
  admitted(call: Admitted): void;
  /** Brings what depends on time alone up to `now`. */
  catchUp(now: number): void;
  /** An admitted call ended without evidence. Called for each of them but superseded ones. */
  ignored(call: Admitted): void;
  /** An admitted call was superseded by its hedge. Returns whether it counts as slow here; otherwise it is ignored. */
  superseded(call: Admitted, now: number): boolean;
}

export type Evidence = 'none' | 'expired' | 'live';

/** A checked trip: makes the counter of each new closed period, which may learn from the one before. */
export type CounterFactory = (earlier?: PeriodCounter) => PeriodCounter;

/** The token that `from` gave, as `to` reads it, which after a reconfiguration may have gone on with some of its parts. */
export function carriedOver(token: CountToken, from: PeriodCounter, to: PeriodCounter): CountToken {
  const tokens = isOne(from) ? [token] : (token as readonly CountToken[]);
  const carried = to.parts.map(part => tokens[from.parts.indexOf(part)]);
  return isOne(to) ? carried[0] : carried;
}

function isOne(counter: PeriodCounter): boolean {
  return counter.parts[0] === counter;
}
