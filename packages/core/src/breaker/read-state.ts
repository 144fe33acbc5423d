/** What there is to say of a circuit, for an explanation. */

import type { ProbeReading, Unsaid } from './explanation.ts';
import type { Settings } from './options.ts';
import { savedState } from './saved-state.ts';
import type { Closed, HalfOpen, State } from './states.ts';
import type { Throttle } from './throttle.ts';

/** `state` as it is at `now`. */
export function readState(state: State, now: number, settings: Settings, throttle: Throttle | undefined): Unsaid {
  const { state: name, remainingMs, opens, cause } = savedState(state, now);
  const common = { state: name, remainingMs, opens, ...(cause ? { cause } : {}), trips: [] };
  switch (state.name) {
    case 'closed':
      return { ...common, ...readClosed(state, now), ...(throttle ? { throttle: throttle.reading(now) } : {}) };
    case 'isolated':
      return { ...common, reason: 'manual' };
    case 'half-open':
      return { ...common, reason: state.why.reason, trips: state.why.readings, probes: readProbes(state, settings) };
    default:
      return { ...common, reason: state.why.reason, trips: state.why.readings };
  }
}

function readClosed({ counter, ramp }: Closed, now: number): Pick<Unsaid, 'trips' | 'recoveryShare'> {
  const trips = counter.readings(now);
  return ramp && ramp.remainingMs(now) > 0 ? { trips, recoveryShare: ramp.share(now) } : { trips };
}

function readProbes({ successes, probes }: HalfOpen, { successThreshold, maxCalls }: Settings): ProbeReading {
  return { successes, successThreshold, inFlight: probes.size, maxCalls };
}
