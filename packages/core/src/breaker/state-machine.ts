/**
 * The circuit's state machine: the only place that decides a transition. It has no clock; every step takes the time.
 *
 * Each state is an object of its own, and a call remembers the one that admitted it. That object is the generation:
 * when the circuit has moved on, the call's answer is stale and changes nothing.
 */

import type { BreakerState, RefusalReason, TransitionReason } from '../common/breaker-state.ts';
import { type FailureSummary, summarise } from '../common/failure-summary.ts';
import { type CountToken, carriedOver, type Evidence, type PeriodCounter } from '../trip/period-counter.ts';
import type { ExplanationData } from './explanation.ts';
import { clampRequested, type FailureHint, openDurationMs, requestedInstant } from './open-duration.ts';
import type { ResolvedOptions } from './options.ts';
import { readState } from './read-state.ts';
import { Ramp } from './recovery.ts';
import { type Call, type Closed, type HalfOpen, newHalfOpen, type Open, type Opening, type State } from './states.ts';
import { Throttle } from './throttle.ts';

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
  /** Called after the state is final. */
  readonly onTransition: (transition: Transition) => void;
}

export class StateMachine {
  readonly #context: MachineContext;
  #settings: ResolvedOptions;
  #state: State;
  #throttle: Throttle | undefined;
  /** Of the closed period before, which may know what is normal. */
  #lastCounter: PeriodCounter | undefined;

  constructor(settings: ResolvedOptions, context: MachineContext) {
    this.#settings = settings;
    this.#context = context;
    this.#throttle = settings.throttle && new Throttle(settings.throttle);
    this.#state = this.#newClosed(undefined);
  }

  get settings(): ResolvedOptions {
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
   * The reason to refuse a call, if there is one. Counts as that call. Call {@link advance} first, and {@link enter} for an
   * admitted call.
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

  /** Whether the call was admitted by the current generation. */
  isCurrent(call: Call): boolean {
    return call.admittedBy === this.#state;
  }

  /** Good headers, or the whole good answer of a call that has no body to come. */
  good(call: Call, now: number, ended: boolean): void {
    const state = this.#state;
    if (call.admittedBy !== state) return;
    if (state.name === 'closed') {
      this.#throttle?.accepted(call.admittedAt, now);
      call.token = state.counter.headers(call, now);
      call.tokenFrom = state.counter;
      if (ended) state.counter.whole(call, now, call.token);
      this.openIfTripped(state, now);
    } else if (state.name === 'half-open' && state.probes.delete(call)) {
      state.successes += 1;
      if (state.successes >= this.#settings.successThreshold) this.#close(state, now);
    }
  }

  /** The body that followed good headers has arrived whole. */
  whole(call: Call, now: number): void {
    const state = this.#state;
    if (state.name !== 'closed' || !this.#concerns(call, state)) return;
    state.counter.whole(call, now, tokenOf(call, state));
  }

  failure(call: Call, now: number, cause: unknown, hint: FailureHint | undefined): void {
    const state = this.#state;
    if (call.admittedBy !== state) return;
    if (state.name === 'closed') {
      state.counter.failure(call, now, requestedInstant(hint, now));
      this.openIfTripped(state, now, cause);
    } else if (state.name === 'half-open') {
      this.#open(state, now, 'probe-failed', summarise(cause), requestedInstant(hint, now));
    }
  }

  /** No evidence: a half-open probe returns its place. */
  ignore(call: Call): void {
    const { admittedBy } = call;
    if (admittedBy.name === 'half-open') admittedBy.probes.delete(call);
    if (admittedBy.name !== 'closed') return;
    this.#throttle?.ignored(call.admittedAt);
    admittedBy.counter.ignored(call);
  }

  /** Superseded by a hedge: slow, and no other evidence. */
  superseded(call: Call, now: number): void {
    const state = this.#state;
    if (state.name !== 'closed' || call.admittedBy !== state) return this.ignore(call);
    this.#throttle?.ignored(call.admittedAt);
    if (state.counter.superseded(call, now)) this.openIfTripped(state, now);
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
      state.counter.broken(call, now, tokenOf(call, state));
      this.openIfTripped(state, now, cause);
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
  reconfigure(settings: ResolvedOptions, now: number): void {
    this.#settings = settings;
    this.#throttle = settings.throttle && new Throttle(settings.throttle, this.#throttle);
    const state = this.#state;
    if (state.name === 'half-open' && state.successes >= settings.successThreshold) this.#close(state, now);
    if (state.name !== 'closed') return;
    state.counter = settings.createCounter(state.counter).adopt([...state.counter.parts]);
    state.fastPath = 0;
  }

  /** Goes on in a state of another process. Calls in flight belong to the past. */
  restore(next: State, now: number): void {
    const cause = 'opening' in next ? next.opening.cause : undefined;
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

  /** The data of an explanation of the state at `now`. Changes nothing. */
  explain(now: number): ExplanationData {
    return readState(this.viewAt(now), now, this.#settings, this.#throttle);
  }

  /** The evidence against the host in the present closed period. */
  evidence(now: number): Evidence {
    return this.#state.name === 'closed' ? this.#state.counter.evidence(now) : 'none';
  }

  /** Whether the end of this call's body counts in `state`: admitted by it, or by the period that led to it. */
  #concerns(call: Call, state: State): boolean {
    return call.admittedBy === state || (state.name === 'closed' && state.closedBy === call.admittedBy);
  }

  #isRecentProbe(call: Call, now: number): boolean {
    return now - call.admittedAt <= this.#settings.probeTimeoutMs;
  }

  /** Opens a closed circuit whose evidence demands it. `cause`: the failure that came last, if this is one. */
  openIfTripped(state: Closed, now: number, cause?: unknown): void {
    const reason = state.counter.tripped(now);
    // A trip of the application's own may have moved the circuit on.
    if (reason && state === this.#state)
      this.#open(state, now, reason, summarise(cause), state.counter.requestedUntil(now));
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
    this.openIfTripped(state, now);
  }

  #expireProbes(state: HalfOpen, now: number): void {
    const deadline = this.#leaseEnd(state);
    if (deadline <= now) this.#go(this.#afterExpiry(state), deadline, 'probe-expired', state.opening.cause);
  }

  /** The open state that follows an unanswered probe. Made once, so that reading `state` and acting on it agree. */
  #afterExpiry(state: HalfOpen): Open {
    state.afterExpiry ??= this.#makeExpired(state);
    return state.afterExpiry;
  }

  #makeExpired(state: HalfOpen): Open {
    const opens = state.opens + 1;
    const until = this.#leaseEnd(state) + this.#openDurationMs(opens, state.opening.cause);
    return { name: 'open', until, opens, opening: { ...state.opening, reason: 'probe-expired' } };
  }

  #viewOfOpen(state: Open, now: number): State {
    return now >= state.until ? newHalfOpen(state.opens, state.opening) : state;
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
    requestedUntil: number | undefined,
  ): void {
    const period = from.name === 'half-open' ? from : reason === 'probe-body' ? from.closedBy : undefined;
    const opens = 1 + (period?.opens ?? 0);
    const read =
      from.name === 'closed'
        ? { readings: from.counter.readings(at), phrases: from.counter.phrases(at) }
        : { readings: from.opening.readings, phrases: from.opening.phrases };
    const duration =
      requestedUntil === undefined ? this.#openDurationMs(opens, cause) : clampRequested(requestedUntil - at);
    const opening: Opening = { reason, cause, ...read };
    this.#go({ name: 'open', until: at + duration, opens, opening }, at, reason, cause);
  }

  #openDurationMs(opens: number, cause: FailureSummary | undefined): number {
    const { key, random } = this.#context;
    return openDurationMs(this.#settings.openDurationMs, { key, opens, random, ...(cause ? { cause } : {}) });
  }

  #halfOpen({ until, opens, opening }: Open): void {
    this.#go(newHalfOpen(opens, opening), until, 'open-elapsed');
  }

  #close(period: HalfOpen, now: number): void {
    const { recovery } = this.#settings;
    this.#go(this.#newClosed(period, recovery && new Ramp(recovery, now)), now, 'probes-ok');
  }

  #newClosed(closedBy: HalfOpen | undefined, ramp?: Ramp): Closed {
    const counter = this.#settings.createCounter(this.#lastCounter);
    this.#lastCounter = undefined;
    return { name: 'closed', counter, closedBy, ramp, fastPath: 0 };
  }

  #go(next: State, at: number, reason: TransitionReason, cause?: FailureSummary | undefined): void {
    const { name: from } = this.#state;
    if (this.#state.name === 'closed') this.#lastCounter = this.#state.counter;
    this.#state = next;
    this.#context.onTransition({ from, to: next.name, at, reason, cause });
  }
}

function tokenOf({ token, tokenFrom }: Call, { counter }: Closed): CountToken {
  return tokenFrom === undefined || tokenFrom === counter ? token : carriedOver(token, tokenFrom, counter);
}
