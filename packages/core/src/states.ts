/** The states a circuit can be in, each with what only it knows. */

import type { FailureSummary } from './failure-summary.ts';
import type { Mark, TripCounter } from './trip.ts';

export type BreakerState = 'closed' | 'open' | 'half-open' | 'isolated';

export interface Closed {
  readonly name: 'closed';
  counter: TripCounter;
  /** Marks of calls that were admitted earlier are another counter's. */
  marksFrom: number;
  /** The half-open period whose probes closed the circuit. If one of their bodies breaks soon, that was a mistake. */
  readonly closedBy: HalfOpen | undefined;
}

export interface Open {
  readonly name: 'open';
  readonly until: number;
  /** How many times in a row the circuit has opened. */
  readonly opens: number;
  readonly cause: FailureSummary | undefined;
}

export interface HalfOpen {
  readonly name: 'half-open';
  readonly opens: number;
  readonly cause: FailureSummary | undefined;
  /** Probes in flight, in the order in which they were admitted. */
  readonly probes: Set<Call>;
  successes: number;
  afterExpiry: Open | undefined;
}

export interface Isolated {
  readonly name: 'isolated';
}

export type State = Closed | Open | HalfOpen | Isolated;

/** A call as the machine knows it: when it was admitted, and by which state. */
export interface Call {
  readonly admittedAt: number;
  readonly admittedBy: State;
  mark: Mark;
}

export function newHalfOpen(opens: number, cause: FailureSummary | undefined): HalfOpen {
  return { name: 'half-open', opens, cause, probes: new Set(), successes: 0, afterExpiry: undefined };
}
