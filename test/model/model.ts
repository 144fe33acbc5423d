/**
 * The circuit as the behaviour document describes it, as plainly as possible: periods, calls and answers in lists, which every
 * query scans. Slow, and independent of the state machine it checks.
 */

import type { BreakerSnapshot, BreakerState, Evidence, TransitionReason } from '@cutout/core';
import {
  type Answer,
  type Call,
  evidence,
  fits,
  type Report,
  requested,
  ruleOf,
  type Seen,
  streak,
  type Totals,
  totals,
  tripped,
  type Watch,
} from './counting.ts';
import { openMs, type Rules, type TripRule } from './rules.ts';

export type How = 'success' | 'headers' | 'failure' | 'ignore' | 'superseded' | 'dispose' | 'revoke';

export interface Change {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly at: number;
  readonly reason: TransitionReason;
}

export interface Refused {
  readonly state: BreakerState;
  readonly retryAfterMs: number;
}

/** A generation of the circuit. */
export interface Period {
  readonly state: BreakerState;
  readonly opens: number;
  readonly until: number;
  /** The half-open period whose probes closed the circuit. */
  readonly closedBy?: Period | undefined;
  watches: readonly Watch[];
}

export interface ModelCall extends Call {
  readonly period: Period;
  /** The process: a restored circuit knows no calls of the one it came from. */
  readonly life: number;
  readonly answers: ModelAnswer[];
}

export interface ModelAnswer extends Answer {
  readonly call: ModelCall;
  /** The period that counts it; undefined for an outdated answer. */
  readonly countedBy: Period | undefined;
}

/** The range of a server's requested wait. */
const REQUESTED = { min: 1_000, max: 300_000 };

export class Model {
  rules: Rules;
  readonly calls: ModelCall[] = [];
  readonly answers: ModelAnswer[] = [];
  readonly changes: Change[] = [];
  period: Period;
  #life = 0;
  #n = 0;
  #touchedAt: number;

  constructor(rules: Rules, now: number) {
    this.rules = rules;
    this.#touchedAt = now;
    this.period = this.#newClosed(now);
  }

  /** Applies deadlines only, as reading the state does. */
  read(now: number): BreakerState {
    const lease = this.leaseEnd();
    if (this.period.state === 'half-open' && lease <= now) {
      const opens = this.period.opens + 1;
      this.#go('probe-expired', lease, { state: 'open', opens, until: lease + openMs(this.rules, opens), watches: [] });
    }
    const { state, until, opens } = this.period;
    if (state === 'open' && until <= now) this.#go('open-elapsed', until, halfOpen(opens));
    return this.period.state;
  }

  /** The first part of every step. Calls in flight that have become slow are judged too. */
  touch(now: number): void {
    this.read(now);
    this.#touchedAt = now;
    if (this.#watchesTime) this.#judge(now);
  }

  start(now: number): ModelCall | Refused | 'uncounted' {
    if (this.rules.mode === 'off') return 'uncounted';
    this.touch(now);
    if (this.#admits()) return this.#admit(now);
    return this.rules.mode === 'shadow' ? 'uncounted' : { state: this.period.state, retryAfterMs: this.#wait(now) };
  }

  answer(call: ModelCall, how: How, now: number, openForMs?: number): ModelAnswer | undefined {
    const what = meaning(call, how);
    if (!what || call.life !== this.#life) return undefined;
    this.touch(now);
    const hint = openForMs === undefined ? undefined : now + openForMs;
    const answer: ModelAnswer = {
      n: this.#n++,
      at: now,
      call,
      what,
      requested: hint,
      countedBy: this.#countedBy(call, what),
    };
    call.answers.push(answer);
    this.answers.push(answer);
    if (answer.countedBy?.state === 'half-open') this.#recordProbe(answer);
    if (answer.countedBy?.state === 'closed') this.#recordCall(answer);
    return answer;
  }

  isolate(now: number): void {
    this.touch(now);
    const isolated: Period = { state: 'isolated', opens: 0, until: Number.POSITIVE_INFINITY, watches: [] };
    if (this.period.state !== 'isolated') this.#go('manual', now, isolated);
  }

  release(now: number): void {
    this.touch(now);
    if (this.period.state === 'isolated') this.#go('manual', now, this.#newClosed(now));
  }

  reset(now: number): void {
    this.touch(now);
    if (this.period.state === 'closed') this.period = this.#newClosed(now);
    else this.#go('manual', now, this.#newClosed(now));
  }

  /** Every trip continues from the first unused old one that fits. */
  reconfigure(rules: Rules, now: number): void {
    this.touch(now);
    this.rules = rules;
    const left = [...this.period.watches];
    const from = this.#n++;
    const adopt = (rule: Rules['trips'][number]): Watch => {
      const i = left.findIndex(old => fits(ruleOf(old), rule));
      const [old] = i < 0 ? [] : left.splice(i, 1);
      const next = { from, at: now, rule };
      return old ? { ...old, rules: [...old.rules, next] } : { rules: [next] };
    };
    if (this.period.state === 'closed') this.period.watches = rules.trips.map(adopt);
    if (this.period.state === 'half-open') this.#closeIfDone(now);
  }

  restore(snapshot: BreakerSnapshot, wallNow: number, now: number): void {
    this.touch(now);
    const next = this.#fromSnapshot(snapshot, wallNow, now);
    if (next.state === this.period.state) this.period = next;
    else this.#go('restore', now, next);
  }

  /** The same circuit in another process, which begins without calls. */
  restoreElsewhere(snapshot: BreakerSnapshot, rules: Rules, wallNow: number, now: number): void {
    this.#life += 1;
    this.rules = rules;
    this.changes.length = 0;
    this.period = this.#newClosed(now);
    this.restore(snapshot, wallNow, now);
  }

  /** Calls admitted and not yet answered, of any generation. */
  get inFlight(): number {
    return this.calls.filter(({ life, answers }) => life === this.#life && answers.length === 0).length;
  }

  get failures(): number {
    if (this.period.state !== 'closed') return 0;
    const lengths = this.period.watches
      .filter(watch => ruleOf(watch).type === 'consecutive')
      .map(watch => streak(watch, this.#seen()).length);
    return Math.max(0, ...lengths);
  }

  get successes(): number {
    return this.#probes().filter(({ answers: [first] }) => first && isGood(first)).length;
  }

  get probesInFlight(): number {
    return this.#probes().filter(({ answers }) => answers.length === 0).length;
  }

  remainingMs(now: number): number {
    return this.period.state === 'open' ? this.period.until - now : 0;
  }

  totals(now: number): readonly (Totals | { failures: number })[] {
    const seen = this.#seen();
    return this.period.watches.map(watch =>
      ruleOf(watch).type === 'rate' ? totals(watch, seen, now) : { failures: streak(watch, seen).length },
    );
  }

  evidence(now: number): Evidence {
    const seen = this.#seen();
    const all = this.period.watches.map(watch => evidence(watch, seen, now));
    return all.find(each => each === 'live') ?? all.find(each => each === 'expired') ?? 'none';
  }

  /** When the oldest unanswered probe becomes a failure. */
  leaseEnd(): number {
    const waiting = this.#probes().filter(({ answers }) => answers.length === 0);
    return Math.min(...waiting.map(({ admittedAt }) => admittedAt + this.rules.probeTimeoutMs));
  }

  #admits(): boolean {
    if (this.period.state === 'closed') return true;
    return this.period.state === 'half-open' && this.successes + this.probesInFlight < this.rules.maxCalls;
  }

  #admit(now: number): ModelCall {
    const call = { n: this.#n++, admittedAt: now, period: this.period, life: this.#life, answers: [] };
    this.calls.push(call);
    return call;
  }

  #wait(now: number): number {
    return this.period.state === 'half-open' ? Math.max(0, this.leaseEnd() - now) : this.period.until - now;
  }

  /**
   * The period that counts the report: the one that admitted the call, or, for the end of a body whose headers counted, the
   * one that the call's own period has closed.
   */
  #countedBy(call: ModelCall, what: Report): Period | undefined {
    const isEnd = what === 'whole' || what === 'broken';
    if (isEnd && call.answers[0]?.countedBy === undefined) return undefined;
    if (call.period === this.period) return this.period;
    return isEnd && this.period.closedBy === call.period ? this.period : undefined;
  }

  #recordProbe({ what, at, call, requested: until }: ModelAnswer): void {
    if (what === 'failure') this.#open('probe-failed', at, this.period.opens, until);
    else if (what === 'broken') this.#open(this.#soon(call, at) ? 'probe-body' : 'probe-failed', at, this.period.opens);
    else if (what !== 'ignore') this.#closeIfDone(at);
  }

  #closeIfDone(at: number): void {
    if (this.successes >= this.rules.successThreshold)
      this.#go('probes-ok', at, { ...this.#newClosed(at), closedBy: this.period });
  }

  #recordCall({ what, at, call }: ModelAnswer): void {
    const { closedBy } = this.period;
    if (what === 'broken' && closedBy && call.period === closedBy && this.#soon(call, at))
      this.#open('probe-body', at, closedBy.opens);
    else if (what === 'superseded' ? this.#watchesTime : what !== 'whole' && what !== 'ignore') this.#judge(at);
  }

  #soon(call: ModelCall, at: number): boolean {
    return at - call.admittedAt <= this.rules.probeTimeoutMs;
  }

  #judge(now: number): void {
    if (this.period.state !== 'closed') return;
    const seen = this.#seen();
    const [reason] = this.period.watches.flatMap(watch => tripped(watch, seen, now) ?? []);
    const instants = reason ? this.period.watches.flatMap(watch => requested(watch, seen, now)) : [];
    if (reason) this.#open(reason, now, 0, instants.length > 0 ? Math.max(...instants) : undefined);
  }

  /** The server's requested wait takes precedence over the option, longer or shorter. */
  #open(reason: TransitionReason, at: number, opened: number, requestedUntil?: number): void {
    const opens = opened + 1;
    const clamped = Math.min(REQUESTED.max, Math.max(REQUESTED.min, (requestedUntil ?? 0) - at));
    const duration = requestedUntil === undefined ? openMs(this.rules, opens) : clamped;
    this.#go(reason, at, { state: 'open', opens, until: at + duration, watches: [] });
  }

  #go(reason: TransitionReason, at: number, next: Period): void {
    this.changes.push({ from: this.period.state, to: next.state, at, reason });
    this.period = next;
  }

  #newClosed(at: number): Period {
    const from = this.#n++;
    return {
      state: 'closed',
      opens: 0,
      until: 0,
      watches: this.rules.trips.map(rule => ({ rules: [{ from, at, rule }] })),
    };
  }

  #fromSnapshot(
    { state, remainingMs, takenAt, opens, failures }: BreakerSnapshot,
    wallNow: number,
    now: number,
  ): Period {
    const elapsed = Math.min(remainingMs, Math.max(0, wallNow - takenAt));
    const closed = this.#newClosed(now);
    const watches = closed.watches.map(watch => ({
      ...watch,
      restored: { failures: fewer(failures, ruleOf(watch)), at: now },
    }));
    switch (state) {
      case 'open':
        return { state, opens: Math.max(1, opens), until: now + remainingMs - elapsed, watches: [] };
      case 'half-open':
        return halfOpen(Math.max(1, opens));
      case 'isolated':
        return { state, opens: 0, until: Number.POSITIVE_INFINITY, watches: [] };
      default:
        return { ...closed, watches };
    }
  }

  /** Calls that hold or have used a permit of the current half-open period; an ignored one has released it. */
  #probes(): readonly ModelCall[] {
    if (this.period.state !== 'half-open') return [];
    return this.calls.filter(call => call.period === this.period && call.answers[0]?.what !== 'ignore');
  }

  #seen(): Seen {
    const calls = this.calls.filter(({ period }) => period === this.period);
    const answers = this.answers.filter(({ countedBy }) => countedBy === this.period);
    return { calls, answers, touchedAt: this.#touchedAt };
  }

  /** A trip that times calls in flight is judged at every step, the others after a report. */
  get #watchesTime(): boolean {
    return this.rules.trips.some(rule => rule.type === 'rate' && rule.slowCall);
  }
}

function halfOpen(opens: number): Period {
  return { state: 'half-open', opens, until: 0, watches: [] };
}

function isGood({ what }: Answer): boolean {
  return what === 'headers' || what === 'success';
}

/** The meaning of a permit's method after earlier ones; undefined: no effect. */
export function meaning({ answers: [first, second], period }: ModelCall, how: How): Report | undefined {
  if (how === 'superseded') return first ? undefined : period.state === 'closed' ? how : 'ignore';
  if (!first) return how === 'dispose' ? 'ignore' : how === 'revoke' ? undefined : how;
  if (first.what !== 'headers' || second) return undefined;
  if (how === 'success') return 'whole';
  return how === 'revoke' ? 'broken' : undefined;
}

/** A closed circuit has fewer failures than the limit. */
function fewer(failures: number, rule: TripRule): number {
  return rule.type === 'consecutive' ? Math.min(failures, rule.failures - 1) : failures;
}
