/** The counts of the trips, recomputed each time from the list of all events. */

import type { Evidence } from '@cutout/core';
import type { ConsecutiveRule, RateRule, TripRule, Window } from './rules.ts';

/** An admitted call. `n` orders admissions, reports and reconfigurations. */
export interface Call {
  readonly n: number;
  readonly admittedAt: number;
  readonly answers: readonly Answer[];
}

export type Report = 'headers' | 'success' | 'whole' | 'broken' | 'failure' | 'ignore' | 'superseded';

/** A report of a call that the closed period counts. */
export interface Answer {
  readonly n: number;
  readonly at: number;
  readonly call: Call;
  readonly what: Report;
  /** The time before which the server requested no calls. */
  readonly requested?: number | undefined;
}

/** One trip of a closed period, with its rules over time: the last is in force. */
export interface Watch {
  readonly rules: readonly { readonly from: number; readonly at: number; readonly rule: TripRule }[];
  /** Consecutive failures restored from a snapshot. */
  readonly restored?: { readonly failures: number; readonly at: number };
}

export interface Totals {
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
}

/** All events of a closed period until its last step, `touchedAt`. */
export interface Seen {
  readonly calls: readonly Call[];
  readonly answers: readonly Answer[];
  readonly touchedAt: number;
}

interface Failure {
  readonly at: number;
  readonly requested?: number | undefined;
}

export function ruleOf(watch: Watch): TripRule {
  return (watch.rules.at(-1) as Watch['rules'][number]).rule;
}

/**
 * The consecutive failures: those since the last good headers, and the broken bodies since the last whole one, each with the
 * failures excused by its own headers.
 */
export function streak(watch: Watch, seen: Seen): readonly Failure[] {
  return runs(watch, seen).failures;
}

function runs(watch: Watch, { answers }: Seen): { failures: readonly Failure[]; last: number } {
  let last = watch.restored?.at ?? Number.NEGATIVE_INFINITY;
  let failed: Failure[] = Array(watch.restored?.failures ?? 0).fill({ at: last });
  let broken: Failure[] = [];
  let excused = new Map<Call, Failure[]>();
  for (const answer of answers.filter(({ n }) => n >= (watch.rules[0]?.from ?? 0))) {
    const { call, what, at } = answer;
    const tooLate = call.admittedAt - last > (ruleAt(watch, answer.n) as ConsecutiveRule).forgetAfterMs;
    if (what === 'headers' || what === 'success') {
      excused.set(call, failed);
      failed = [];
    }
    if (what === 'whole' || what === 'success') {
      broken = [];
      excused = new Map();
    }
    if (what !== 'failure' && what !== 'broken') continue;
    if (tooLate) {
      failed = broken = [];
      excused = new Map();
    }
    if (what === 'failure') failed = [...failed, answer];
    else broken = [...broken, ...(tooLate ? [] : (excused.get(call) ?? [])), { at }];
    last = at;
  }
  return { failures: [...failed, ...broken], last };
}

function ruleAt(watch: Watch, n: number): TripRule {
  return (watch.rules.findLast(({ from }) => from <= n) as Watch['rules'][number]).rule;
}

/** A call as counted by a window. */
interface Counted {
  readonly call: Call;
  readonly at: number;
  failed: boolean;
  slow: boolean;
  removed: boolean;
  requested?: number | undefined;
}

/** Either a report, or the moment at which a call in flight became slow. */
type Point = { readonly at: number; readonly n: number } & (
  | { readonly answer: Answer }
  | { readonly late: Call; readonly answer?: undefined }
);

/** The calls in the window of this trip at `now`. */
function inWindow(watch: Watch, seen: Seen, now: number): readonly Counted[] {
  const { window } = ruleOf(watch) as RateRule;
  const all: Counted[] = [];
  for (const point of pointsOf(watch, seen)) {
    const place = (call: Call): Counted | undefined =>
      held(all, window, point.at).findLast(counted => counted.call === call);
    if (point.answer) record(point.answer, slowRule(watch, point.n), all, place(point.answer.call));
    else all.push(newlyCounted(point.late, point.at, false, true));
  }
  return held(all, window, now).filter(({ removed }) => !removed);
}

function record({ call, what, at, requested }: Answer, slow: number, all: Counted[], place: Counted | undefined): void {
  if (what === 'whole') return;
  if (what === 'ignore' || (what === 'superseded' && slow === Number.POSITIVE_INFINITY)) {
    if (place) place.removed = true;
    return;
  }
  const failed = what === 'failure' || what === 'broken';
  const counted = place ?? newlyCounted(call, at, false, what !== 'broken' && at - call.admittedAt > slow);
  if (!place) all.push(counted);
  counted.failed ||= failed;
  counted.slow ||= what === 'superseded';
  counted.requested ??= requested;
}

function newlyCounted(call: Call, at: number, failed: boolean, slow: boolean): Counted {
  return { call, at, failed, slow, removed: false };
}

/** Ordered by time. A call becomes slow only after the instant, so it follows other events of that instant. */
function pointsOf(watch: Watch, seen: Seen): readonly Point[] {
  const since = watch.rules[0]?.from ?? 0;
  const answers = seen.answers.filter(({ n }) => n >= since).map(answer => ({ at: answer.at, n: answer.n, answer }));
  const late = watch.rules.flatMap((_, i) => lateUnder(watch, i, seen));
  return [...answers, ...late].sort((a, b) => a.at - b.at || Number(!('answer' in a)) - Number(!('answer' in b)));
}

/** Calls admitted under one rule that became slow while it was in force. */
function lateUnder({ rules }: Watch, i: number, { calls, touchedAt }: Seen): Point[] {
  const durationMs = slowMs(rules[i]?.rule);
  if (durationMs === slowMs(rules[i - 1]?.rule) || durationMs === Number.POSITIVE_INFINITY) return [];
  const from = rules[i]?.from ?? 0;
  const end = rules.slice(i + 1).find(({ rule }) => slowMs(rule) !== durationMs);
  const before = Math.min(touchedAt, end?.at ?? touchedAt);
  return calls
    .filter(({ n }) => n >= from && n < (end?.from ?? Number.POSITIVE_INFINITY))
    .map(call => ({ late: call, at: call.admittedAt + durationMs, n: call.n }))
    .filter(({ late, at }) => at < before && !(late.answers[0] && late.answers[0].at <= at));
}

function slowMs(rule: TripRule | undefined): number {
  return (rule?.type === 'rate' ? rule.slowCall?.durationMs : undefined) ?? Number.POSITIVE_INFINITY;
}

function slowRule(watch: Watch, n: number): number {
  return slowMs(ruleAt(watch, n));
}

function held(all: readonly Counted[], window: Window, now: number): readonly Counted[] {
  if (window.type === 'count') return all.slice(-window.size);
  return all.filter(({ at }) => stepOf(at, window) > stepOf(now, window) - window.buckets);
}

/** The window moves in steps. Multiplies first, so no rounded quotient puts a call into the next bucket. */
function stepOf(at: number, { durationMs, buckets }: Extract<Window, { type: 'time' }>): number {
  return Math.floor((at * buckets) / durationMs);
}

export function totals(watch: Watch, seen: Seen, now: number): Totals {
  const counted = inWindow(watch, seen, now);
  const [failed, slow] = [counted.filter(each => each.failed).length, counted.filter(each => each.slow).length];
  return { calls: counted.length, failed, slow };
}

export function tripped(watch: Watch, seen: Seen, now: number): 'consecutive' | 'rate' | 'slow' | undefined {
  const rule = ruleOf(watch);
  if (rule.type === 'consecutive') {
    return failedLast(watch, seen) && streak(watch, seen).length >= rule.failures ? 'consecutive' : undefined;
  }
  const { calls, failed, slow } = totals(watch, seen, now);
  if (calls < rule.minimumCalls) return undefined;
  if (failed * 100 >= rule.failurePercent * calls) return 'rate';
  return rule.slowCall && slow * 100 >= rule.slowCall.percent * calls ? 'slow' : undefined;
}

/** Whether the last report under the current rule was a failure: nothing else opens the circuit. */
function failedLast({ rules }: Watch, { answers }: Seen): boolean {
  const last = answers.findLast(({ what }) => what !== 'ignore' && what !== 'superseded');
  return last !== undefined && isBad(last) && last.n >= (rules.at(-1)?.from ?? 0);
}

function isBad({ what }: Answer): boolean {
  return what === 'failure' || what === 'broken';
}

/** The times before which the server requested no calls, of the failures that count. */
export function requested(watch: Watch, seen: Seen, now: number): readonly number[] {
  const failures = ruleOf(watch).type === 'consecutive' ? streak(watch, seen) : inWindow(watch, seen, now);
  return failures.flatMap(failure => failure.requested ?? []);
}

export function evidence(watch: Watch, seen: Seen, now: number): Evidence {
  const rule = ruleOf(watch);
  if (rule.type === 'rate') {
    const { failed, slow } = totals(watch, seen, now);
    return failed + slow > 0 ? 'live' : 'none';
  }
  const { failures, last } = runs(watch, seen);
  if (failures.length === 0) return 'none';
  return now - last > rule.forgetAfterMs ? 'expired' : 'live';
}

/** Whether a trip with the new rule may keep the counts of the old one. */
export function fits(old: TripRule, next: TripRule): boolean {
  if (old.type === 'consecutive' || next.type === 'consecutive') return old.type === next.type;
  return JSON.stringify(windowKey(old.window)) === JSON.stringify(windowKey(next.window));
}

function windowKey(window: Window): readonly unknown[] {
  return window.type === 'count' ? [window.size] : [window.durationMs, window.buckets];
}
