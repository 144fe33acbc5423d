/** The numbers of one breaker, as plain data. */

import type { BreakerState } from '../common/breaker-state.ts';
import type { CallResults } from './call-results.ts';
import { History, type TimeSpent, type TransitionCount } from './history.ts';

/** Counts since the breaker was made; they never fall. A breaker in `mode: 'off'` counts nothing. */
export interface BreakerMetrics extends TimeSpent {
  readonly key: string;
  readonly state: BreakerState;
  /** Milliseconds in this state; undefined where it has been closed from the beginning. */
  readonly stateMs: number | undefined;
  /** Admitted calls by verdict. Good headers are a success, whatever becomes of the body. */
  readonly answers: Readonly<Record<'success' | 'failure' | 'ignore', number>>;
  /** Bodies that broke after good headers: each is one of the successes too. */
  readonly brokenBodies: number;
  /** Calls refused; in `mode: 'shadow'` those that would have been. */
  readonly rejected: number;
  /** Calls admitted and not yet answered. */
  readonly inFlight: number;
  /**
   * How much of what would open it there is, from 0; 1 opens it, and it is 1 while it is not closed. 0 below the calls that a
   * window must have, and for an adaptive trip, which has no such share.
   */
  readonly utilization: number;
  readonly transitions: readonly TransitionCount[];
}

/** As of `now`. Changes nothing. */
export function metricsOf(results: CallResults, now: number): BreakerMetrics {
  const { key, machine, succeeded, failed, ignored, brokenBodies, rejected, inFlight } = results;
  const history = results.history ?? NEW;
  const { state } = machine;
  const viewed = machine.viewAt(now);
  // An open time that has passed is over, though no call has yet made a transition of it.
  const until = state.name === 'open' && viewed !== state ? state.until : now;
  const since = until === now ? history.since : until;
  return {
    key,
    state: viewed.name,
    stateMs: results.history && now - since,
    answers: { success: succeeded, failure: failed, ignore: ignored },
    brokenBodies,
    rejected,
    inFlight,
    utilization: viewed.name === 'closed' ? viewed.counter.utilization(now) : 1,
    transitions: history.transitions,
    ...history.spent(state.name, until),
  };
}

const NEW = new History();
