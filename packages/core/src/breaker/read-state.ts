/** Reads a state for an explanation. */

import type { ExplanationData, ProbeReading } from './explanation.ts';
import type { ResolvedOptions } from './options.ts';
import { savedState } from './saved-state.ts';
import type { Closed, HalfOpen, State } from './states.ts';
import type { Throttle } from './throttle.ts';

/** `state` as it is at `now`. */
export function readState(
  state: State,
  now: number,
  settings: ResolvedOptions,
  throttle: Throttle | undefined,
): ExplanationData {
  const { state: name, remainingMs, opens, cause } = savedState(state, now);
  const common = { state: name, remainingMs, opens, ...(cause ? { cause } : {}), trips: [] };
  switch (state.name) {
    case 'closed':
      return { ...common, ...readClosed(state, now), ...(throttle ? { throttle: throttle.reading(now) } : {}) };
    case 'isolated':
      return { ...common, reason: 'manual' };
    case 'half-open':
      return {
        ...common,
        reason: state.opening.reason,
        trips: state.opening.readings,
        probes: readProbes(state, settings),
      };
    default:
      return { ...common, reason: state.opening.reason, trips: state.opening.readings };
  }
}

function readClosed({ counter, ramp }: Closed, now: number): Pick<ExplanationData, 'trips' | 'recoveryShare'> {
  const trips = counter.readings(now);
  return ramp && ramp.remainingMs(now) > 0 ? { trips, recoveryShare: ramp.share(now) } : { trips };
}

function readProbes({ successes, probes }: HalfOpen, { successThreshold, maxCalls }: ResolvedOptions): ProbeReading {
  return { successes, successThreshold, inFlight: probes.size, maxCalls };
}
