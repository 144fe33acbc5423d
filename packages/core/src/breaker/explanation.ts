/** Why a circuit is open, or how near it is: as data, and as one line to read. */

import type { BreakerState, TransitionReason } from '../common/breaker-state.ts';
import { escaped } from '../common/escaped.ts';
import type { FailureSummary } from '../common/failure-summary.ts';
import { percent } from '../common/percent.ts';
import type { TripReading } from '../trip/readings.ts';
import type { ThrottleReading } from './throttle.ts';

export interface Explanation {
  readonly key: string;
  readonly state: BreakerState;
  /** Why it is not closed. */
  readonly reason?: TransitionReason;
  /** The failure that opened it. */
  readonly cause?: FailureSummary;
  /** How many times in a row the circuit has opened; 0 while closed. */
  readonly opens: number;
  /** Milliseconds until it becomes half-open; 0 unless open. */
  readonly remainingMs: number;
  /** What the trips read: now while closed, otherwise when it opened. The one that decided is of the type `reason`. */
  readonly trips: readonly TripReading[];
  /** Successes and places of the half-open period. */
  readonly probes?: ProbeReading;
  /** The share of calls that is let through after a recovery, while it is less than all. */
  readonly recoveryShare?: number;
  readonly throttle?: ThrottleReading;
  /** All of it in one line. */
  readonly summary: string;
}

export interface ProbeReading {
  readonly successes: number;
  readonly successThreshold: number;
  readonly inFlight: number;
  readonly maxCalls: number;
}

/** An explanation without its key and summary, and what the trips read in words, one phrase each. */
export interface ExplanationData extends Omit<Explanation, 'key' | 'summary'> {
  readonly phrases: readonly string[];
}

/** Adds key and summary. */
export function withSummary(key: string, data: ExplanationData): Explanation {
  const { phrases, ...explanation } = data;
  const summary = `circuit "${escaped(key)}" is ${[stateOf(data), ...detailsOf(data)].join('; ')}`;
  return { key, ...explanation, summary };
}

function stateOf({ state, remainingMs, probes }: ExplanationData): string {
  if (state === 'isolated') return 'isolated by hand until it is released';
  if (state === 'open') return `open for another ${Math.ceil(remainingMs)} ms`;
  if (!probes) return state;
  const { successes, successThreshold, inFlight, maxCalls } = probes;
  return `half-open with ${successes} of ${successThreshold} successes and ${inFlight + successes} of ${maxCalls} places taken`;
}

function detailsOf({ reason, phrases, cause, opens, recoveryShare, throttle }: ExplanationData): string[] {
  const details = [...phrases];
  if (reason) details.unshift(`reason ${reason}${opens > 1 ? `, opened ${opens} times in a row` : ''}`);
  if (cause) details.push(`last failure ${[cause.name, cause.code, cause.status].filter(Boolean).join(' ')}`);
  if (recoveryShare !== undefined) details.push(`recovering, ${percent(recoveryShare)} of the calls go through`);
  if (throttle) details.push(describeThrottle(throttle));
  return details;
}

function describeThrottle({ requests, accepts, refused }: ThrottleReading): string {
  return `throttle refuses ${percent(refused)}: ${accepts} of ${requests} calls were answered well`;
}
