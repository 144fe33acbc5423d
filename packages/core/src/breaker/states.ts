/** The states a circuit can be in, each with what only it knows. */

import type { TransitionReason } from '../common/breaker-state.ts';
import type { FailureSummary } from '../common/failure-summary.ts';
import type { CountToken, PeriodCounter } from '../trip/period-counter.ts';
import type { TripReading } from '../trip/readings.ts';
import type { FastPath } from './fast-path.ts';
import type { Ramp } from './recovery.ts';

export interface Closed {
  readonly name: 'closed';
  counter: PeriodCounter;
  /** The half-open period whose probes closed the circuit. If one of their bodies breaks soon, that was a mistake. */
  readonly closedBy: HalfOpen | undefined;
  /** Set while only a share of the calls is admitted. */
  ramp: Ramp | undefined;
  /** The fast path, or the number of calls that could have used it while there are few. */
  fastPath: FastPath<Closed> | number;
}

/** Why the circuit is not closed. Kept from the first opening to the next close. */
export interface Opening {
  /** Of the last opening. */
  readonly reason: TransitionReason;
  readonly cause: FailureSummary | undefined;
  /** What the trips read when the circuit left the closed state. */
  readonly readings: readonly TripReading[];
  /** The same in words. */
  readonly phrases: readonly string[];
}

export interface Open {
  readonly name: 'open';
  readonly until: number;
  /** How many times in a row the circuit has opened. */
  readonly opens: number;
  readonly opening: Opening;
}

export interface HalfOpen {
  readonly name: 'half-open';
  readonly opens: number;
  readonly opening: Opening;
  /** Probes in flight, in the order in which they were admitted. */
  readonly probes: Set<Call>;
  successes: number;
  afterExpiry: Open | undefined;
}

interface Isolated {
  readonly name: 'isolated';
}

export type State = Closed | Open | HalfOpen | Isolated;

/** A call as the machine knows it: when it was admitted, and by which state. */
export interface Call {
  readonly admittedAt: number;
  readonly admittedBy: State;
  token: CountToken;
  /** The counter that gave the token. */
  tokenFrom: PeriodCounter | undefined;
}

export function newHalfOpen(opens: number, opening: Opening): HalfOpen {
  return { name: 'half-open', opens, opening, probes: new Set(), successes: 0, afterExpiry: undefined };
}
