/**
 * The circuit as the behaviour text has it, as plainly as it can be written: periods, calls and answers in lists, and
 * every question answered by looking through them. Slow, and shares no thought with the machine it checks.
 */

import type { BreakerSnapshot, BreakerState, Evidence, TransitionReason } from '@cutout/core';
import {
  type Answer,
  asked,
  type Call,
  evidence,
  fits,
  ruleOf,
  type Seen,
  streak,
  type Told,
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
  /** Which process, so to speak: a circuit restored elsewhere knows nothing of the calls of the one it came from. */
  readonly life: number;
  readonly answers: ModelAnswer[];
}

export interface ModelAnswer extends Answer {
  readonly call: ModelCall;
  /** The period to which it was news; undefined for an answer from the past. */
  readonly heardBy: Period | undefined;
}

/** What a server may ask for. */
const ASKED = { min: 1_000, max: 300_000 };

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

  /** Deadlines alone; asking for the state does as much. */
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

  /** What every step does first. Calls in flight may have become slow, which is judged too. */
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
    const answer: ModelAnswer = { n: this.#n++, at: now, call, what, asked: hint, heardBy: this.#hearing(call, what) };
    call.answers.push(answer);
    this.answers.push(answer);
    if (answer.heardBy?.state === 'half-open') this.#probeSays(answer);
    if (answer.heardBy?.state === 'closed') this.#callSays(answer);
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

  /** Every trip goes on with the first of the old ones that fits and is not taken. */
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

  /** The same in another process, which begins without calls. */
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
   * The period to which the news is news: the one that admitted the call, or, for the end of a body whose headers were
   * news, the one that the call's own period has closed.
   */
  #hearing(call: ModelCall, what: Told): Period | undefined {
    const isEnd = what === 'whole' || what === 'broken';
    if (isEnd && call.answers[0]?.heardBy === undefined) return undefined;
    if (call.period === this.period) return this.period;
    return isEnd && this.period.closedBy === call.period ? this.period : undefined;
  }

  #probeSays({ what, at, call, asked: until }: ModelAnswer): void {
    if (what === 'failure') this.#open('probe-failed', at, this.period.opens, until);
    else if (what === 'broken') this.#open(this.#soon(call, at) ? 'probe-body' : 'probe-failed', at, this.period.opens);
    else if (what !== 'ignore') this.#closeIfDone(at);
  }

  #closeIfDone(at: number): void {
    if (this.successes >= this.rules.successThreshold)
      this.#go('probes-ok', at, { ...this.#newClosed(at), closedBy: this.period });
  }

  #callSays({ what, at, call }: ModelAnswer): void {
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
    const instants = reason ? this.period.watches.flatMap(watch => asked(watch, seen, now)) : [];
    if (reason) this.#open(reason, now, 0, instants.length > 0 ? Math.max(...instants) : undefined);
  }

  /** What the server asked for goes before the option, in both directions. */
  #open(reason: TransitionReason, at: number, opened: number, askedUntil?: number): void {
    const opens = opened + 1;
    const clamped = Math.min(ASKED.max, Math.max(ASKED.min, (askedUntil ?? 0) - at));
    const duration = askedUntil === undefined ? openMs(this.rules, opens) : clamped;
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

  /** Calls that hold or have used a place of the present half-open period; an ignored one has given it back. */
  #probes(): readonly ModelCall[] {
    if (this.period.state !== 'half-open') return [];
    return this.calls.filter(call => call.period === this.period && call.answers[0]?.what !== 'ignore');
  }

  #seen(): Seen {
    const calls = this.calls.filter(({ period }) => period === this.period);
    const answers = this.answers.filter(({ heardBy }) => heardBy === this.period);
    return { calls, answers, touchedAt: this.#touchedAt };
  }

  /** A trip that times calls in flight is judged at every step, the others after a call has told something. */
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

/** What a permit's method means after what was said before; undefined: nothing any more. */
export function meaning({ answers: [first, second], period }: ModelCall, how: How): Told | undefined {
  if (how === 'superseded') return first ? undefined : period.state === 'closed' ? how : 'ignore';
  if (!first) return how === 'dispose' ? 'ignore' : how === 'revoke' ? undefined : how;
  if (first.what !== 'headers' || second) return undefined;
  if (how === 'success') return 'whole';
  return how === 'revoke' ? 'broken' : undefined;
}

/** A closed circuit has fewer failures than open it. */
function fewer(failures: number, rule: TripRule): number {
  return rule.type === 'consecutive' ? Math.min(failures, rule.failures - 1) : failures;
}
