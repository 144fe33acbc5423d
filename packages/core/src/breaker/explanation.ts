/** Why a circuit is open, or how near it is: as data, and as one line to read. */

import type { BreakerState, TransitionReason } from '../common/breaker-state.ts';
import { escaped } from '../common/escaped.ts';
import type { FailureSummary } from '../common/failure-summary.ts';
import type { AdaptiveReading, RateReading, TripReading } from '../trip/readings.ts';
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

/** An explanation without its key and summary. */
export type ExplanationData = Omit<Explanation, 'key' | 'summary'>;

/** Adds the summary. */
export function withSummary(explanation: Omit<Explanation, 'summary'>): Explanation {
  const line = `circuit "${escaped(explanation.key)}" is ${[stateOf(explanation), ...detailsOf(explanation)].join('; ')}`;
  return { ...explanation, summary: line };
}

function stateOf({ state, remainingMs, probes }: Omit<Explanation, 'summary'>): string {
  if (state === 'isolated') return 'isolated by hand until it is released';
  if (state === 'open') return `open for another ${Math.ceil(remainingMs)} ms`;
  if (!probes) return state;
  const { successes, successThreshold, inFlight, maxCalls } = probes;
  return `half-open with ${successes} of ${successThreshold} successes and ${inFlight + successes} of ${maxCalls} places taken`;
}

function detailsOf({ reason, trips, cause, opens, recoveryShare, throttle }: Omit<Explanation, 'summary'>): string[] {
  const details = trips.map(describeReading);
  if (reason) details.unshift(`reason ${reason}${opens > 1 ? `, opened ${opens} times in a row` : ''}`);
  if (cause) details.push(`last failure ${[cause.name, cause.code, cause.status].filter(Boolean).join(' ')}`);
  if (recoveryShare !== undefined) details.push(`recovering, ${percent(recoveryShare)} of the calls go through`);
  if (throttle) details.push(describeThrottle(throttle));
  return details;
}

function describeReading(reading: TripReading): string {
  switch (reading.type) {
    case 'consecutive':
      return `${reading.failures} of ${reading.limit} failures in a row`;
    case 'rate':
      return describeRate(reading);
    case 'custom':
      return escaped(reading.description === undefined ? reading.name : `${reading.name}: ${reading.description}`);
    default:
      return describeAdaptive(reading);
  }
}

function describeRate({ window, calls, failed, slow, minimumCalls, failureRatio, slowRatio }: RateReading): string {
  const span = window.type === 'count' ? `${window.size} calls` : `${window.durationMs} ms`;
  const slowness = slowRatio === undefined ? '' : `, ${slow} slow (opens at ${percent(slowRatio)})`;
  const limit = `opens at ${percent(failureRatio)} of at least ${minimumCalls}`;
  return `${failed} of ${calls} calls failed in the last ${span} (${limit})${slowness}`;
}

function describeAdaptive({ windowMs, calls, failed, latencyMs, minimumCalls, normal }: AdaptiveReading): string {
  const recent = `${failed} of ${calls} calls failed in the last ${windowMs} ms (at least ${minimumCalls} are judged)`;
  const usual = normal ? `${percent(normal.failureRatio)} is normal` : 'what is normal is not learned yet';
  if (latencyMs === undefined) return `${recent}, ${usual}`;
  const usualLatency = normal?.latencyMs === undefined ? '' : ` where ${round(normal.latencyMs)} ms is normal`;
  return `${recent}, ${usual}, latency ${round(latencyMs)} ms${usualLatency}`;
}

function describeThrottle({ requests, accepts, refused }: ThrottleReading): string {
  return `throttle refuses ${percent(refused)}: ${accepts} of ${requests} calls were answered well`;
}

function percent(share: number): string {
  return `${round(share * 100)} %`;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
