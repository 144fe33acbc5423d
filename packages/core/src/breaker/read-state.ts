/** Reads a state for an explanation. */

import type { ExplanationData, ProbeReading } from './explanation.ts';
import type { ResolvedOptions } from './options.ts';
import { savedState } from './saved-state.ts';
import type { Closed, HalfOpen, Opening, State } from './states.ts';
import type { Throttle } from './throttle.ts';

/** `state` as it is at `now`. */
export function readState(
  state: State,
  now: number,
  settings: ResolvedOptions,
  throttle: Throttle | undefined,
): ExplanationData {
  const { state: name, remainingMs, opens, cause } = savedState(state, now);
  const common = { state: name, remainingMs, opens, ...(cause ? { cause } : {}), trips: [], phrases: [] };
  switch (state.name) {
    case 'closed':
      return { ...common, ...readClosed(state, now), ...(throttle ? { throttle: throttle.reading(now) } : {}) };
    case 'isolated':
      return { ...common, reason: 'manual' };
    case 'half-open':
      return {
        ...common,
        ...readOpening(state.opening),
        probes: readProbes(state, settings),
      };
    default:
      return { ...common, ...readOpening(state.opening) };
  }
}

function readOpening({ reason, readings, phrases }: Opening): Pick<ExplanationData, 'reason' | 'trips' | 'phrases'> {
  return { reason, trips: readings, phrases };
}

function readClosed({ counter, ramp }: Closed, now: number): Partial<ExplanationData> {
  const read = { trips: counter.readings(now), phrases: counter.phrases(now) };
  return ramp && ramp.remainingMs(now) > 0 ? { ...read, recoveryShare: ramp.share(now) } : read;
}

function readProbes({ successes, probes }: HalfOpen, { successThreshold, maxCalls }: ResolvedOptions): ProbeReading {
  return { successes, successThreshold, inFlight: probes.size, maxCalls };
}
