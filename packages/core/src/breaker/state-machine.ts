/**
 * The circuit's state machine: the only place that decides a transition. It has no clock; every step is told the time.
 *
 * Each state is an object of its own, and a call remembers the one that admitted it. That object is the generation:
 * when the circuit has moved on, the call's news is old and changes nothing.
 */

import { type FailureSummary, summarise } from '../common/failure-summary.ts';
import { carriedOver, type Evidence, type Mark, type PeriodCounter } from '../trip/period-counter.ts';
import type { Unsaid } from './explanation.ts';
import { askedInstant, clampAsked, type FailureHint, openDurationMs } from './open-duration.ts';
import type { Settings } from './options.ts';
import { readState } from './read-state.ts';
import { Ramp } from './recovery.ts';
import {
  type BreakerState,
  type Call,
  type Closed,
  type HalfOpen,
  newHalfOpen,
  type Open,
  type RefusalReason,
  type State,
  type Why,
} from './states.ts';
import { Throttle } from './throttle.ts';
import type { TransitionReason } from './transition-reason.ts';

export interface Transition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly at: number;
  readonly reason: TransitionReason;
  readonly cause?: FailureSummary | undefined;
}

export interface MachineContext {
  readonly key: string;
  readonly random: () => number;
  /** Told after the state is final. */
  readonly onTransition: (transition: Transition) => void;
}

export class StateMachine {
  readonly #context: MachineContext;
  #settings: Settings;
  #state: State;
  #throttle: Throttle | undefined;
  /** Of the closed period before, which may know what is normal. */
  #lastCounter: PeriodCounter | undefined;

  constructor(settings: Settings, context: MachineContext) {
    this.#settings = settings;
    this.#context = context;
    this.#throttle = settings.throttle && new Throttle(settings.throttle);
    this.#state = this.#newClosed(undefined);
  }

  get settings(): Settings {
    return this.#settings;
  }

  get state(): State {
    return this.#state;
  }

  /** Brings the circuit up to `now`: an open time that has passed, a probe that was never answered. */
  advance(now: number): void {
    if (this.#state.name === 'closed') this.#catchUp(this.#state, now);
    if (this.#state.name === 'half-open') this.#expireProbes(this.#state, now);
    if (this.#state.name === 'open' && now >= this.#state.until) this.#halfOpen(this.#state);
  }

  /**
   * What stands against a call, if anything does; asking is that call. Call {@link advance} first. A call that is let in
   * must be handed to {@link enter}.
   */
  refuses(now: number): RefusalReason | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'closed':
        return this.#sheds(state, now);
      case 'half-open':
        return state.successes + state.probes.size < this.#settings.maxCalls ? undefined : 'half-open';
      default:
        return state.name;
    }
  }

  /** Whether the circuit is closed and lets every call through. */
  get admitsAll(): boolean {
    const { mode, throttle } = this.#settings;
    return this.#state.name === 'closed' && !this.#state.ramp && !throttle && mode !== 'off';
  }

  enter(call: Call): void {
    const { admittedBy } = call;
    if (admittedBy.name === 'half-open') admittedBy.probes.add(call);
    else if (admittedBy.name === 'closed' && admittedBy.counter.watches) admittedBy.counter.admitted(call);
  }

  /** Milliseconds until a refused call may be admitted. */
  retryAfterMs(now: number): number {
    const state = this.#state;
    switch (state.name) {
      case 'open':
        return state.until - now;
      case 'half-open':
        return Math.max(0, this.#leaseEnd(state) - now);
      case 'isolated':
        return Number.POSITIVE_INFINITY;
      default:
        return state.ramp?.remainingMs(now) ?? this.#throttle?.stepMs ?? 0;
    }
  }

  /** Whether the call's news is of the present generation. */
  isCurrent(call: Call): boolean {
    return call.admittedBy === this.#state;
  }

  /** Good headers, or the whole good answer of a call that has no body to come. */
  good(call: Call, now: number, ended: boolean): void {
    const state = this.#state;
    if (call.admittedBy !== state) return;
    if (state.name === 'closed') {
      this.#throttle?.accepted(call.admittedAt, now);
      call.mark = state.counter.headers(call, now);
      call.markedBy = state.counter;
      if (ended) state.counter.whole(call, now, call.mark);
      this.judge(state, now);
    } else if (state.name === 'half-open' && state.probes.delete(call)) {
      state.successes += 1;
      if (state.successes >= this.#settings.successThreshold) this.#close(state, now);
    }
  }

  /** The body that followed good headers has arrived whole. */
  whole(call: Call, now: number): void {
    const state = this.#state;
    if (state.name !== 'closed' || !this.#concerns(call, state)) return;
    state.counter.whole(call, now, markOf(call, state));
  }

  failure(call: Call, now: number, cause: unknown, hint: FailureHint | undefined): void {
    const state = this.#state;
    if (call.admittedBy !== state) return;
    if (state.name === 'closed') {
      state.counter.failure(call, now, askedInstant(hint, now));
      this.judge(state, now, cause);
    } else if (state.name === 'half-open') {
      this.#open(state, now, 'probe-failed', summarise(cause), askedInstant(hint, now));
    }
  }

  /** Says nothing about health: a half-open place is given back. */
  ignore(call: Call): void {
    const { admittedBy } = call;
    if (admittedBy.name === 'half-open') admittedBy.probes.delete(call);
    if (admittedBy.name !== 'closed') return;
    this.#throttle?.ignored(call.admittedAt);
    admittedBy.counter.ignored(call);
  }

  /** A later request of the same call was answered first: slow, and nothing else. */
  outrun(call: Call, now: number): void {
    const state = this.#state;
    if (state.name !== 'closed' || call.admittedBy !== state) return this.ignore(call);
    this.#throttle?.ignored(call.admittedAt);
    if (state.counter.outrun(call, now)) this.judge(state, now);
  }

  /** The body that followed good headers broke. */
  broken(call: Call, now: number, cause: unknown): void {
    const state = this.#state;
    if (!this.#concerns(call, state)) return;
    if (state.name === 'half-open') {
      const reason = this.#isRecentProbe(call, now) ? 'probe-body' : 'probe-failed';
      this.#open(state, now, reason, summarise(cause), undefined);
    } else if (state.name === 'closed' && state !== call.admittedBy && this.#isRecentProbe(call, now)) {
      this.#open(state, now, 'probe-body', summarise(cause), undefined);
    } else if (state.name === 'closed') {
      this.#throttle?.revoked(call.admittedAt);
      state.counter.broken(call, now, markOf(call, state));
      this.judge(state, now, cause);
    }
  }

  isolate(now: number): void {
    if (this.#state.name !== 'isolated') this.#go({ name: 'isolated' }, now, 'manual');
  }

  release(now: number): void {
    if (this.#state.name === 'isolated') this.#go(this.#newClosed(undefined), now, 'manual');
  }

  /** Closed afresh. Calls in flight belong to the past even if the circuit was closed before. */
  reset(now: number): void {
    this.#throttle = this.#settings.throttle && new Throttle(this.#settings.throttle);
    this.#lastCounter = undefined;
    if (this.#state.name === 'closed') this.#state = this.#newClosed(undefined);
    else this.#go(this.#newClosed(undefined), now, 'manual');
  }

  /** Other settings from now on. State, deadline and generation stay, and of the evidence what still fits. */
  reconfigure(settings: Settings, now: number): void {
    this.#settings = settings;
    this.#throttle = settings.throttle && new Throttle(settings.throttle, this.#throttle);
    const state = this.#state;
    if (state.name === 'half-open' && state.successes >= settings.successThreshold) this.#close(state, now);
    if (state.name !== 'closed') return;
    state.counter = settings.createCounter(state.counter).adopt([...state.counter.parts]);
    state.lane = 0;
  }

  /** Goes on in a state of another process. Calls in flight belong to the past. */
  restore(next: State, now: number): void {
    const cause = 'why' in next ? next.why.cause : undefined;
    if (next.name === this.#state.name) this.#state = next;
    else this.#go(next, now, 'restore', cause);
  }

  /** A closed state without evidence. */
  newClosed(): Closed {
    return this.#newClosed(undefined);
  }

  /** The state as it is at `now`, deadlines taken into account. Changes nothing. */
  viewAt(now: number): State {
    const state = this.#state;
    if (state.name === 'half-open' && this.#leaseEnd(state) <= now)
      return this.#viewOfOpen(this.#afterExpiry(state), now);
    return state.name === 'open' ? this.#viewOfOpen(state, now) : state;
  }

  /** What there is to say of the state as it is at `now`. Changes nothing. */
  explain(now: number): Unsaid {
    return readState(this.viewAt(now), now, this.#settings, this.#throttle);
  }

  /** The evidence against the host in the present closed period. */
  evidence(now: number): Evidence {
    return this.#state.name === 'closed' ? this.#state.counter.evidence(now) : 'none';
  }

  /** Whether the end of this call's body is news to `state`: admitted by it, or by the period that led to it. */
  #concerns(call: Call, state: State): boolean {
    return call.admittedBy === state || (state.name === 'closed' && state.closedBy === call.admittedBy);
  }

  #isRecentProbe(call: Call, now: number): boolean {
    return now - call.admittedAt <= this.#settings.probeTimeoutMs;
  }

  /** Opens a closed circuit whose evidence demands it. `cause`: the failure that came last, if this is one. */
  judge(state: Closed, now: number, cause?: unknown): void {
    const reason = state.counter.tripped(now);
    // A trip of the application's own may have moved the circuit on.
    if (reason && state === this.#state)
      this.#open(state, now, reason, summarise(cause), state.counter.askedUntil(now));
  }

  #sheds(state: Closed, now: number): RefusalReason | undefined {
    if (state.ramp?.remainingMs(now) === 0) state.ramp = undefined;
    if (state.ramp && !state.ramp.admits(now)) return 'recovery';
    return this.#throttle && !this.#throttle.admits(now, this.#context.random) ? 'throttle' : undefined;
  }

  /** Calls in flight may have become slow since. */
  #catchUp(state: Closed, now: number): void {
    if (!state.counter.watches) return;
    state.counter.catchUp(now);
    this.judge(state, now);
  }

  #expireProbes(state: HalfOpen, now: number): void {
    const deadline = this.#leaseEnd(state);
    if (deadline <= now) this.#go(this.#afterExpiry(state), deadline, 'probe-expired', state.why.cause);
  }

  /** The open state that follows an unanswered probe. Made once, so that reading `state` and acting on it agree. */
  #afterExpiry(state: HalfOpen): Open {
    state.afterExpiry ??= this.#makeExpired(state);
    return state.afterExpiry;
  }

  #makeExpired(state: HalfOpen): Open {
    const opens = state.opens + 1;
    const until = this.#leaseEnd(state) + this.#openDurationMs(opens, state.why.cause);
    return { name: 'open', until, opens, why: { ...state.why, reason: 'probe-expired' } };
  }

  #viewOfOpen(state: Open, now: number): State {
    return now >= state.until ? newHalfOpen(state.opens, state.why) : state;
  }

  /** When the oldest probe in flight becomes a failure. */
  #leaseEnd(state: HalfOpen): number {
    const [oldest] = state.probes;
    return oldest ? oldest.admittedAt + this.#settings.probeTimeoutMs : Number.POSITIVE_INFINITY;
  }

  #open(
    from: Closed | HalfOpen,
    at: number,
    reason: TransitionReason,
    cause: FailureSummary | undefined,
    askedUntil: number | undefined,
  ): void {
    const period = from.name === 'half-open' ? from : reason === 'probe-body' ? from.closedBy : undefined;
    const opens = 1 + (period?.opens ?? 0);
    const readings = from.name === 'closed' ? from.counter.readings(at) : from.why.readings;
    const duration = askedUntil === undefined ? this.#openDurationMs(opens, cause) : clampAsked(askedUntil - at);
    const why: Why = { reason, cause, readings };
    this.#go({ name: 'open', until: at + duration, opens, why }, at, reason, cause);
  }

  #openDurationMs(opens: number, cause: FailureSummary | undefined): number {
    const { key, random } = this.#context;
    return openDurationMs(this.#settings.openDurationMs, { key, opens, random, ...(cause ? { cause } : {}) });
  }

  #halfOpen({ until, opens, why }: Open): void {
    this.#go(newHalfOpen(opens, why), until, 'open-elapsed');
  }

  #close(period: HalfOpen, now: number): void {
    const { recovery } = this.#settings;
    this.#go(this.#newClosed(period, recovery && new Ramp(recovery, now)), now, 'probes-ok');
  }

  #newClosed(closedBy: HalfOpen | undefined, ramp?: Ramp): Closed {
    const counter = this.#settings.createCounter(this.#lastCounter);
    this.#lastCounter = undefined;
    return { name: 'closed', counter, closedBy, ramp, lane: 0 };
  }

  #go(next: State, at: number, reason: TransitionReason, cause?: FailureSummary | undefined): void {
    const { name: from } = this.#state;
    if (this.#state.name === 'closed') this.#lastCounter = this.#state.counter;
    this.#state = next;
    this.#context.onTransition({ from, to: next.name, at, reason, cause });
  }
}

function markOf({ mark, markedBy }: Call, { counter }: Closed): Mark {
  return markedBy === undefined || markedBy === counter ? mark : carriedOver(mark, markedBy, counter);
}
