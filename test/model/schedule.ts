/** Random schedules: the rules of a breaker, and its steps. Each has its own probabilities, so all cases are reached. */

import type { Draw } from './draw.ts';
import type { How } from './model.ts';
import type { RateRule, Rules, TripRule, Window } from './rules.ts';

export type Step =
  | { readonly do: 'start' }
  /** `pick` counts among the calls in question, from the youngest. */
  | {
      readonly do: 'answer';
      readonly of: 'running' | 'body' | 'any';
      readonly pick: number;
      readonly how: How;
      readonly openForMs?: number;
    }
  | { readonly do: 'advance'; readonly ms: number }
  /** To the next deadline, or slightly beside it. */
  | { readonly do: 'deadline'; readonly plus: number }
  | { readonly do: 'wall'; readonly ms: number }
  | { readonly do: 'isolate' | 'release' | 'reset' | 'snapshot' }
  | { readonly do: 'reconfigure'; readonly rules: Rules }
  | { readonly do: 'restore'; readonly pick: number; readonly into: 'same' }
  | { readonly do: 'restore'; readonly pick: number; readonly into: 'new'; readonly rules: Rules };

export interface Schedule {
  readonly rules: Rules;
  readonly startAt: number;
  readonly wallAt: number;
  /** Only whole successes and failures, as of a plain function call. */
  readonly plain: boolean;
  readonly steps: readonly Step[];
}

/** The probabilities of one schedule. */
interface Temper {
  readonly plain: boolean;
  readonly badShare: number;
  readonly ignoreShare: number;
  readonly bodyShare: number;
  readonly hintShare: number;
  readonly promptShare: number;
  readonly weights: Readonly<Record<'call' | 'answer' | 'time' | 'wall' | 'hand' | 'reconfigure' | 'saved', number>>;
}

export function drawSchedule(draw: Draw): Schedule {
  const rules = drawRules(draw);
  const temper = drawTemper(draw);
  const steps: Step[] = temper.plain && draw.chance(0.6) ? goodCalls(CALLS_FOR_THE_SHORT_WAY) : [];
  const length = draw.int(5, draw.chance(0.1) ? 160 : 60);
  for (const end = steps.length + length; steps.length < end; ) steps.push(...drawSteps(draw, temper, rules));
  return { rules, startAt: draw.pick([0, 0.25, 1_000.5, 1e9 + 0.75]), wallAt: 1.8e12, plain: temper.plain, steps };
}

/** Enough calls for the fast path of `execute`. */
const CALLS_FOR_THE_SHORT_WAY = 40;

function goodCalls(times: number): Step[] {
  const good: Step[] = [{ do: 'start' }, { do: 'answer', of: 'running', pick: 0, how: 'success' }];
  return Array.from({ length: times }, () => good).flat();
}

export function drawRules(draw: Draw): Rules {
  const maxCalls = draw.int(1, 5);
  return {
    trips: draw.chance(0.75) ? [drawTrip(draw)] : [drawTrip(draw), drawTrip(draw)],
    open: { firstMs: draw.pick([1, 7, 40, 250.5, 2_000]), factor: draw.pick([1, 1, 2, 3]) },
    maxCalls,
    successThreshold: draw.int(1, maxCalls),
    probeTimeoutMs: draw.pick([1, 10, 35.25, 400]),
    mode: draw.weighted({ enforce: 18, shadow: 2, off: 1 }),
  };
}

function drawTrip(draw: Draw): TripRule {
  if (!draw.chance(0.45)) return drawRate(draw);
  const forgetAfterMs = draw.pick([1, 9, 30, 500, Number.POSITIVE_INFINITY]);
  return { type: 'consecutive', failures: draw.int(1, 6), forgetAfterMs };
}

function drawRate(draw: Draw): RateRule {
  const window = drawWindow(draw);
  const most = Math.min(window.type === 'count' ? window.size : 64, draw.pick([2, 5, 12, 64]));
  const minimumCalls = draw.int(1, most);
  const rate = { type: 'rate', failurePercent: draw.pick([1, 20, 33, 50, 67, 90, 100]), minimumCalls, window } as const;
  if (!draw.chance(0.35)) return rate;
  return { ...rate, slowCall: { durationMs: draw.pick([1, 6, 20.5]), percent: draw.pick([10, 50, 100]) } };
}

function drawWindow(draw: Draw): Window {
  if (draw.chance(0.5)) return { type: 'count', size: draw.chance(0.5) ? draw.int(1, 8) : draw.int(1, 64) };
  return { type: 'time', durationMs: draw.pick([1, 10, 60, 100, 333, 2_000.5]), buckets: draw.int(2, 12) };
}

function drawTemper(draw: Draw): Temper {
  const plain = draw.chance(0.25);
  const some = (share: number, of: number): number => (draw.chance(share) ? of : 0);
  return {
    plain,
    badShare: draw.pick([0.1, 0.35, 0.6, 0.95]),
    ignoreShare: plain ? 0 : draw.pick([0, 0.1, 0.4]),
    bodyShare: plain ? 0 : draw.pick([0, 0.3, 0.8]),
    hintShare: plain ? 0 : draw.pick([0, 0.2]),
    promptShare: draw.pick([0.2, 0.7, 0.95]),
    weights: {
      call: 10,
      answer: draw.pick([2, 8]),
      time: draw.pick([2, 6]),
      wall: 0.5,
      hand: some(0.4, 0.8),
      reconfigure: some(0.35, 1),
      saved: some(0.4, 1.2),
    },
  };
}

function drawSteps(draw: Draw, temper: Temper, rules: Rules): Step[] {
  switch (draw.weighted(temper.weights)) {
    case 'call':
      return draw.chance(temper.promptShare) ? [{ do: 'start' }, ...drawAnswers(draw, temper)] : [{ do: 'start' }];
    case 'answer':
      return [drawLateAnswer(draw, temper)];
    case 'time':
      return [drawTime(draw, rules)];
    case 'wall':
      return [{ do: 'wall', ms: draw.pick([-1e9, -5_000, -1, 1, 60, 5_000, 1e9]) }];
    case 'hand':
      return drawHand(draw);
    case 'reconfigure':
      return [{ do: 'reconfigure', rules: changed(draw, rules) }];
    default:
      return [drawSaved(draw, rules)];
  }
}

/** The report of the call just begun, at once or later. */
function drawAnswers(draw: Draw, temper: Temper): Step[] {
  const wait: Step[] = draw.chance(0.25) ? [{ do: 'advance', ms: draw.pick([0, 0.25, 1, 6, 7, 21]) }] : [];
  const first = { do: 'answer', of: 'running', pick: 0 } as const;
  if (draw.chance(temper.ignoreShare))
    return [...wait, { ...first, how: draw.pick(['ignore', 'dispose', 'superseded']) }];
  const bad = draw.chance(temper.badShare);
  if (!draw.chance(temper.bodyShare)) return [...wait, { ...first, ...outcome(draw, temper, bad) }];
  const end: Step = { do: 'answer', of: 'body', pick: 0, how: bad ? 'revoke' : 'success' };
  return [...wait, { ...first, how: 'headers' }, ...(draw.chance(0.7) ? [end] : [])];
}

function outcome(draw: Draw, temper: Temper, bad: boolean): { how: How; openForMs?: number } {
  if (!bad) return { how: 'success' };
  return draw.chance(temper.hintShare)
    ? { how: 'failure', openForMs: draw.pick([0, 500, 1_000, 4_000, 400_000]) }
    : { how: 'failure' };
}

/** Any call may report at any time, also twice. */
function drawLateAnswer(draw: Draw, temper: Temper): Step {
  const of = draw.weighted({ running: 6, body: temper.plain ? 0 : 3, any: 1 });
  const pick = draw.chance(0.5) ? 0 : draw.int(0, 12);
  if (temper.plain)
    return { do: 'answer', of: 'running', pick, ...outcome(draw, temper, draw.chance(temper.badShare)) };
  if (of === 'body') return { do: 'answer', of, pick, how: draw.chance(temper.badShare) ? 'revoke' : 'success' };
  const how = draw.pick(['success', 'headers', 'failure', 'ignore', 'superseded', 'dispose', 'revoke'] as const);
  return { do: 'answer', of, pick, how };
}

function drawTime(draw: Draw, rules: Rules): Step {
  if (draw.chance(0.6)) return { do: 'deadline', plus: draw.pick([0, 0, -0.25, 0.25, 1]) };
  if (draw.chance(0.3)) return { do: 'advance', ms: draw.pick([0, 0.25, 1, 2, 5, 10, 30]) };
  return { do: 'advance', ms: draw.pick(spans(rules)) * draw.int(0, 10) + draw.pick([0, 0, 0.25, 1]) };
}

/** Durations that matter to these rules: windows and their buckets, memories, leases. */
function spans({ trips, probeTimeoutMs, open }: Rules): number[] {
  const own = trips.flatMap(trip => {
    if (trip.type === 'consecutive') return Number.isFinite(trip.forgetAfterMs) ? [trip.forgetAfterMs] : [];
    return trip.window.type === 'time' ? [trip.window.durationMs, Math.ceil(trip.window.durationMs / 4)] : [];
  });
  return [...own, probeTimeoutMs, open.firstMs];
}

function drawHand(draw: Draw): Step[] {
  const what = draw.pick(['isolate', 'release', 'reset'] as const);
  return what === 'isolate' && draw.chance(0.6) ? [{ do: what }, { do: 'start' }, { do: 'release' }] : [{ do: what }];
}

function drawSaved(draw: Draw, rules: Rules): Step {
  if (draw.chance(0.5)) return { do: 'snapshot' };
  const pick = draw.chance(0.7) ? 0 : draw.int(0, 5);
  if (draw.chance(0.5)) return { do: 'restore', pick, into: 'same' };
  return { do: 'restore', pick, into: 'new', rules: draw.chance(0.5) ? rules : changed(draw, rules) };
}

/** Other rules, often partly unchanged, so counts may carry over. */
function changed(draw: Draw, before: Rules): Rules {
  const next = drawRules(draw);
  return draw.chance(0.5)
    ? { ...next, trips: before.trips.map(trip => (draw.chance(0.7) ? tuned(draw, trip) : drawTrip(draw))) }
    : next;
}

/** The same kind of trip, and the same window, with other limits. */
function tuned(draw: Draw, trip: TripRule): TripRule {
  if (trip.type === 'consecutive') return { ...trip, failures: draw.int(1, 6), forgetAfterMs: draw.pick([1, 30, 500]) };
  const { slowCall: _, ...rest } = {
    ...trip,
    minimumCalls: draw.int(1, trip.minimumCalls),
    failurePercent: draw.pick([20, 50, 100]),
  };
  if (draw.chance(0.5))
    return trip.slowCall ? { ...rest, slowCall: { ...trip.slowCall, percent: draw.pick([10, 100]) } } : rest;
  return draw.chance(0.5) ? rest : { ...rest, slowCall: { durationMs: draw.pick([1, 6, 20.5]), percent: 50 } };
}
