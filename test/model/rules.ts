/** The options of one breaker, for the model and for the breaker. */

import {
  type BreakerOptions,
  type BuiltInTrip,
  type ConsecutiveOptions,
  consecutive,
  type Mode,
  rate,
} from '@cutout/core';

export interface ConsecutiveRule extends Required<ConsecutiveOptions> {
  readonly type: 'consecutive';
}

/** Ratios are whole percentages here, so the model compares integers. */
export interface RateRule {
  readonly type: 'rate';
  readonly failurePercent: number;
  readonly minimumCalls: number;
  readonly window: Window;
  readonly slowCall?: { readonly durationMs: number; readonly percent: number };
}

export type Window =
  | { readonly type: 'count'; readonly size: number }
  | { readonly type: 'time'; readonly durationMs: number; readonly buckets: number };

export type TripRule = ConsecutiveRule | RateRule;

export interface Rules {
  readonly trips: readonly TripRule[];
  /** `factor` above 1: a function of the number of consecutive openings. */
  readonly open: { readonly firstMs: number; readonly factor: number };
  readonly maxCalls: number;
  readonly successThreshold: number;
  readonly probeTimeoutMs: number;
  readonly mode: Mode;
}

const LONGEST_FACTOR = 8;

export function openMs({ open }: Rules, opens: number): number {
  return open.firstMs * Math.min(LONGEST_FACTOR, open.factor ** (opens - 1));
}

/** The longest open time under these rules, whatever a server requests. */
export const LONGEST_OPEN_MS = 300_000;

export function asOptions(rules: Rules): BreakerOptions {
  const { trips, open, maxCalls, successThreshold, probeTimeoutMs, mode } = rules;
  const given = trips.map(asTrip);
  return {
    trip: given.length === 1 ? (given[0] as BuiltInTrip) : given,
    openDurationMs: open.factor === 1 ? open.firstMs : ({ opens }) => openMs(rules, opens),
    halfOpen: { maxCalls, successThreshold, probeTimeoutMs },
    mode,
  };
}

function asTrip(rule: TripRule): BuiltInTrip {
  if (rule.type === 'consecutive') {
    const { type, ...options } = rule;
    return consecutive(options);
  }
  const { failurePercent, minimumCalls, window, slowCall } = rule;
  const options = { failureRatio: failurePercent / 100, minimumCalls, window };
  if (!slowCall) return rate(options);
  return rate({ ...options, slowCall: { durationMs: slowCall.durationMs, ratio: slowCall.percent / 100 } });
}
