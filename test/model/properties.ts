/** Plays one schedule on a breaker and on the model, and checks every property after each step. */

import type { BreakerEvent, BreakerSnapshot, CircuitBreaker, TransitionEvent, WindowBucket } from '@cutout/core';
import type { Coverage } from './coverage.ts';
import { Model, type ModelAnswer, type ModelCall, meaning, type Period } from './model.ts';
import type { Schedule, Step } from './schedule.ts';
import { type Act, refusal, Stage } from './stage.ts';

/** The results of a schedule, for the properties that compare it with a second run. */
export interface Played {
  readonly schedule: Schedule;
  readonly acts: readonly Act[];
  /** Per call, the result of its admission. */
  readonly starts: ReadonlyMap<number, string>;
  readonly calls: ReadonlyMap<number, ModelCall>;
  /** Per act that was an answer, the model's record of it. */
  readonly answers: ReadonlyMap<Act, ModelAnswer | undefined>;
  /** Half-open periods that refused a call for lack of permits. */
  readonly crowded: ReadonlySet<Period>;
  readonly reading: unknown;
}

export class PropertyError extends Error {
  readonly property: string;

  constructor(property: string, detail: string) {
    super(`${property}: ${detail}`);
    this.name = 'PropertyError';
    this.property = property;
  }
}

export function same(property: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected)) return;
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b || typeof actual === 'number')
    throw new PropertyError(property, `breaker ${a ?? actual}, model ${b ?? expected}`);
}

export function holds(property: string, condition: boolean, detail: string): void {
  if (!condition) throw new PropertyError(property, detail);
}

export function playChecked(schedule: Schedule, coverage: Coverage): Played {
  return new Checked(schedule, coverage).play();
}

class Checked {
  readonly #schedule: Schedule;
  readonly #coverage: Coverage;
  readonly #stage: Stage;
  readonly #model: Model;
  #events: BreakerEvent[] = [];
  #checked = 0;
  /** In force before the last step. */
  #before: Period;
  #acquired = 0;
  #answered = 0;
  readonly #acts: Act[] = [];
  readonly #starts = new Map<number, string>();
  readonly #calls = new Map<number, ModelCall>();
  readonly #answers = new Map<Act, ModelAnswer | undefined>();
  readonly #crowded = new Set<Period>();

  constructor(schedule: Schedule, coverage: Coverage) {
    this.#schedule = schedule;
    this.#coverage = coverage;
    this.#model = new Model(schedule.rules, schedule.startAt);
    this.#before = this.#model.period;
    this.#stage = new Stage(schedule, breaker => this.#listen(breaker));
  }

  play(): Played {
    for (const step of this.#schedule.steps) {
      const act = this.#resolve(step);
      if (!act) continue;
      this.#acts.push(act);
      this.#do(act);
      this.#check(act);
    }
    return {
      schedule: this.#schedule,
      acts: this.#acts,
      starts: this.#starts,
      calls: this.#calls,
      answers: this.#answers,
      crowded: this.#crowded,
      reading: this.#stage.reading(),
    };
  }

  /** A new process receives only its own breaker's events. */
  #listen(breaker: CircuitBreaker): void {
    const events: BreakerEvent[] = [];
    this.#events = events;
    this.#checked = 0;
    this.#acquired = 0;
    this.#answered = 0;
    breaker.subscribe(event => events.push(event));
  }

  #resolve(step: Step): Act | undefined {
    switch (step.do) {
      case 'start':
        return { do: 'start', id: this.#starts.size };
      case 'answer': {
        const id = this.#pick(step.of, step.pick);
        return id === undefined ? undefined : { do: 'answer', id, how: step.how, openForMs: step.openForMs };
      }
      case 'deadline': {
        const ms = this.#toDeadline() + step.plus;
        return { do: 'advance', ms: Number.isFinite(ms) ? Math.max(0, ms) : 1 };
      }
      case 'restore': {
        const index = this.#stage.snapshots.length - 1 - step.pick;
        const rules = step.into === 'new' ? step.rules : this.#stage.rules;
        return index < 0 ? undefined : { do: 'restore', index, into: step.into, rules };
      }
      default:
        return step;
    }
  }

  #pick(of: 'running' | 'body' | 'any', back: number): number | undefined {
    const meant = [...this.#calls].filter(([, call]) => {
      if (of === 'any') return true;
      return of === 'running' ? call.answers.length === 0 : meaning(call, 'revoke') === 'broken';
    });
    return meant.at(-1 - (back % Math.max(1, meant.length)))?.[0];
  }

  /** The time to the circuit's deadline, or to that of a good probe, whose body may until then break and revoke the success. */
  #toDeadline(): number {
    const { period, rules } = this.#model;
    const deadline = period.state === 'open' ? period.until : this.#model.leaseEnd();
    if (Number.isFinite(deadline)) return deadline - this.#stage.now;
    const [youngest] = [...this.#calls.values()].filter(call => meaning(call, 'revoke') === 'broken').slice(-1);
    return youngest ? youngest.admittedAt + rules.probeTimeoutMs - this.#stage.now : Number.POSITIVE_INFINITY;
  }

  #do(act: Act): void {
    const { now } = this.#stage;
    this.#model.read(now);
    this.#before = this.#model.period;
    switch (act.do) {
      case 'start':
        return this.#start(act);
      case 'answer':
        return this.#answer(act);
      case 'restore':
        return this.#restore(act);
      case 'wall':
        this.#coverage.hit('wall clock stepped');
        break;
      case 'reconfigure':
        this.#coverage.hit(`reconfigured while ${this.#model.read(now)}`);
        this.#model.reconfigure(act.rules, now);
        break;
      case 'isolate':
      case 'release':
      case 'reset':
        this.#model[act.do](now);
        break;
      default:
        break;
    }
    if (act.do === 'snapshot') this.#checkSnapshot();
    this.#stage.act(act);
  }

  #start(act: Extract<Act, { do: 'start' }>): void {
    const { now } = this.#stage;
    const model = this.#model;
    const before = model.read(now);
    const expected = model.start(now);
    const got = this.#stage.act(act) as string;
    this.#starts.set(act.id, got);
    const [mode, state] = [model.rules.mode, model.period.state];
    if (got === 'in' && mode === 'enforce')
      holds('5 while open no call runs', before !== 'open' && before !== 'isolated', before);
    if (typeof expected === 'object' && 'state' in expected) {
      same('11 a refusal is the model\u2019s, retryAfterMs included', got, refusal(expected));
      this.#coverage.hit(`refused while ${expected.state}`);
    } else same('11 an admission is the model\u2019s', got, 'in');
    if (typeof expected === 'object' && 'n' in expected) {
      this.#calls.set(act.id, expected);
      this.#acquired += 1;
      this.#coverage.hit(`admitted while ${state}`);
      if (state === 'half-open') this.#checkPlaces(expected);
    } else if (state === 'half-open') this.#crowded.add(model.period);
    if (expected === 'uncounted') this.#coverage.hit(mode === 'off' ? 'let by while off' : 'let by in shadow mode');
  }

  #answer(act: Extract<Act, { do: 'answer' }>): void {
    const call = this.#calls.get(act.id) as ModelCall;
    const { now } = this.#stage;
    const isFirst = call.answers.length === 0;
    const answer = this.#model.answer(call, act.how, now, act.openForMs);
    this.#answers.set(act, answer);
    this.#stage.act(act);
    if (isFirst && answer) this.#answered += 1;
    this.#count(answer, isFirst);
  }

  #count(answer: ModelAnswer | undefined, isFirst: boolean): void {
    const nothing = isFirst ? 'answer: before the headers, or elsewhere' : 'answer: second, changes nothing';
    if (!answer) return this.#coverage.hit(nothing);
    if (!answer.countedBy) this.#coverage.hit('answer: stale');
    if (answer.what === 'whole' || answer.what === 'broken') this.#coverage.hit(`answer: body ${answer.what}`);
    if (answer.what === 'superseded' && answer.countedBy) this.#coverage.hit('answer: superseded');
    const { period } = this.#model;
    const requested = answer.requested !== undefined && period.state === 'open' && period.until - answer.at >= 1_000;
    if (requested && answer.countedBy) this.#coverage.hit('open time as the server requested');
  }

  #restore(act: Extract<Act, { do: 'restore' }>): void {
    const { now, wall } = this.#stage;
    const snapshot = this.#stage.snapshots[act.index] as BreakerSnapshot;
    if (act.into === 'same') this.#model.restore(snapshot, wall, now);
    else this.#model.restoreElsewhere(snapshot, act.rules, wall, now);
    this.#stage.act(act);
    this.#coverage.hit(`restored ${snapshot.state}`);
  }

  #check(act: Act): void {
    const { breaker, now } = this.#stage;
    const before = this.#stage.reading();
    same('11 the state is the model\u2019s', breaker.state, this.#model.read(now));
    if (act.do === 'advance' && this.#model.changes.at(-1)?.at === now)
      this.#coverage.hit('stood at the very deadline');
    this.#checkCounts();
    this.#checkPermits();
    this.#checkEvents(act);
    same('12 reading changes nothing', this.#stage.reading(), before);
  }

  /** 1: permits of this breaker; those of one that it was restored from do not count. */
  #checkPermits(): void {
    const property = '1 permits acquired are settled or live';
    const { inFlight } = this.#stage.breaker.evictionInfo(this.#stage.now);
    same(property, inFlight, this.#model.inFlight);
    const [acquired, answered] = [this.#acquired, this.#answered];
    holds(property, acquired === answered + inFlight, `${acquired} acquired, ${answered} settled, ${inFlight} live`);
  }

  /** 2: counted by the permits, independently of the model. */
  #checkPlaces({ period }: ModelCall): void {
    const own = [...this.#calls.values()].filter(call => call.period === period && call.answers[0]?.what !== 'ignore');
    const { maxCalls } = this.#model.rules;
    holds('2 half-open places never exceed the limit', own.length <= maxCalls, `${own.length} of ${maxCalls}`);
  }

  /** 4: the readings of the trips and of the half-open period. */
  #checkCounts(): void {
    const { now, breaker } = this.#stage;
    const model = this.#model;
    const { trips, probes, opens, remainingMs } = breaker.explain();
    same(
      '11 openings in a row and time left are the model\u2019s',
      [opens, remainingMs],
      [model.period.opens, model.remainingMs(now)],
    );
    same('11 the evidence is the model\u2019s', breaker.evictionInfo(now).evidence, model.evidence(now));
    if (probes)
      same(
        '11 the probes are the model\u2019s',
        [probes.successes, probes.inFlight],
        [model.successes, model.probesInFlight],
      );
    if (model.period.state !== 'closed') return;
    const read = trips.map(trip => {
      if (trip.type === 'consecutive') return { failures: trip.failures };
      return trip.type === 'rate' ? { calls: trip.calls, failed: trip.failed, slow: trip.slow } : trip;
    });
    const naive = model.totals(now);
    same('4 counters equal a naive list', read, naive);
    const drawn = trips.flatMap(trip => ('buckets' in trip ? [inAll(trip.buckets)] : []));
    const totals = naive.filter(total => 'calls' in total);
    same('4 buckets add up to what is counted', drawn, totals);
    const counted = model.answers.some(({ countedBy }) => countedBy === model.period);
    if (counted && naive.some(total => 'calls' in total && total.calls === 0))
      this.#coverage.hit('window emptied by a gap');
  }

  #checkSnapshot(): void {
    const { now, breaker } = this.#stage;
    const { state, remainingMs, failures } = breaker.snapshot();
    const model = this.#model;
    same(
      '11 a snapshot is the model\u2019s',
      [state, remainingMs, failures],
      [model.read(now), model.remainingMs(now), model.failures],
    );
  }

  /** 3 and 7: the transitions emitted so far equal the model's, and lead from the start to the current state. */
  #checkEvents(act: Act): void {
    const transitions = this.#events.filter((event): event is TransitionEvent => event.type === 'transition');
    const { changes } = this.#model;
    for (const [i, { from, to, at, reason }] of transitions.entries()) {
      if (i < this.#checked) continue;
      same('11 the transitions are the model\u2019s', [from, to, at, reason], Object.values(changes[i] ?? {}));
      same('7 each transition starts where the last one ended', from, transitions[i - 1]?.to ?? 'closed');
      this.#coverage.hit(`${from} > ${to}: ${reason}`);
      if (from === 'half-open') this.#checkVerdict(transitions[i] as TransitionEvent, act);
    }
    this.#checked = transitions.length;
    if (act.do !== 'start' || this.#model.rules.mode === 'off') return;
    same('7 the events lead to the current state', transitions.at(-1)?.to ?? 'closed', this.#stage.breaker.state);
    same('7 every transition is emitted, once', transitions.length, changes.length);
  }

  /** A half-open period ends by a call of its own, by its own lease, or by hand. */
  #checkVerdict({ reason }: TransitionEvent, act: Act): void {
    if (reason !== 'probes-ok' && reason !== 'probe-failed' && reason !== 'probe-body') return;
    if (act.do === 'reconfigure') return;
    const call = act.do === 'answer' ? this.#calls.get(act.id) : undefined;
    holds(
      '3 a half-open verdict depends on its own permits',
      call?.period === this.#before,
      `${reason} by ${JSON.stringify(act)}`,
    );
  }
}

function inAll(buckets: readonly WindowBucket[]): WindowBucket {
  const sum = { calls: 0, failed: 0, slow: 0 };
  for (const { calls, failed, slow } of buckets) {
    sum.calls += calls;
    sum.failed += failed;
    sum.slow += slow;
  }
  return sum;
}
