/**
 * The circuit's state machine: the only place that decides a transition. It has no clock; every step is told the time.
 *
 * Each state is an object of its own, and a call remembers the one that admitted it. That object is the generation:
 * when the circuit has moved on, the call's news is old and changes nothing.
 */

import type { TransitionReason } from './events.ts';
import { type FailureSummary, summarise } from './failure-summary.ts';
import { ASKED_FOR_MS, openDurationMs } from './open-duration.ts';
import type { Settings } from './settings.ts';
import type { BreakerSnapshot } from './snapshot.ts';
import {
  type BreakerState,
  type Call,
  type Closed,
  type HalfOpen,
  newHalfOpen,
  type Open,
  type State,
} from './states.ts';
import type { Evidence, Mark } from './trip.ts';

/** What the server asked for, used if this failure opens the circuit. */
export interface FailureHint {
  /** Milliseconds from now for which the server asked to be left alone. */
  readonly openForMs?: number;
}

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

  constructor(settings: Settings, context: MachineContext) {
    this.#settings = settings;
    this.#context = context;
    this.#state = this.#newClosed(undefined);
  }

  get state(): State {
    return this.#state;
  }

  /** The state at `now`, deadlines taken into account. Changes nothing. */
  nameAt(now: number): BreakerState {
    const state = this.#state;
    switch (state.name) {
      case 'open':
        return now >= state.until ? 'half-open' : 'open';
      case 'half-open':
        return this.#nameOfHalfOpen(state, now);
      default:
        return state.name;
    }
  }

  /** Brings the circuit up to `now`: an open time that has passed, a probe that was never answered. */
  advance(now: number): void {
    if (this.#state.name === 'closed') this.#catchUp(this.#state, now);
    if (this.#state.name === 'half-open') this.#expireProbes(this.#state, now);
    if (this.#state.name === 'open' && now >= this.#state.until) this.#halfOpen(this.#state);
  }

  /** Whether a call may run. Call {@link advance} first. A call that is admitted must be handed to {@link enter}. */
  admits(): boolean {
    const state = this.#state;
    switch (state.name) {
      case 'closed':
        return true;
      case 'half-open':
        return state.successes + state.probes.size < this.#settings.maxCalls;
      default:
        return false;
    }
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
        return 0;
    }
  }

  /** Whether the call's news is of the present generation. */
  isCurrent(call: Call): boolean {
    return call.admittedBy === this.#state;
  }

  /** Good headers, or the whole good answer of a call that has no body to come. */
  good(call: Call, now: number): void {
    const state = this.#state;
    if (call.admittedBy !== state) return;
    if (state.name === 'closed') {
      call.mark = state.counter.headers(call, now);
      this.#judge(state, now, undefined);
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
      state.counter.failure(call, now, instantOf(hint, now));
      this.#judge(state, now, cause);
    } else if (state.name === 'half-open') {
      this.#open(state, now, 'probe-failed', summarise(cause), instantOf(hint, now));
    }
  }

  /** Says nothing about health: a half-open place is given back. */
  ignore(call: Call, now: number): void {
    const { admittedBy } = call;
    if (admittedBy.name === 'half-open') admittedBy.probes.delete(call);
    else if (admittedBy.name === 'closed' && admittedBy.counter.watches) admittedBy.counter.ignored(call, now);
  }

  /** The body that followed good headers broke. */
  broken(call: Call, now: number, cause: unknown): void {
    const state = this.#state;
    if (!this.#concerns(call, state)) return;
    if (state.name === 'half-open') {
      this.#open(
        state,
        now,
        this.#isRecentProbe(call, now) ? 'probe-body' : 'probe-failed',
        summarise(cause),
        undefined,
      );
    } else if (state.name === 'closed' && state !== call.admittedBy && this.#isRecentProbe(call, now)) {
      this.#open(state, now, 'probe-body', summarise(cause), undefined);
    } else if (state.name === 'closed') {
      state.counter.broken(call, now, markOf(call, state));
      this.#judge(state, now, cause);
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
    if (this.#state.name === 'closed') this.#state = this.#newClosed(undefined);
    else this.#go(this.#newClosed(undefined), now, 'manual');
  }

  /** Other settings from now on. State, deadline and generation stay, and of the evidence what still fits. */
  reconfigure(settings: Settings, now: number): void {
    this.#settings = settings;
    const state = this.#state;
    if (state.name !== 'closed') return;
    const counter = settings.createTripCounter();
    const all = counter.adopt([...state.counter.parts]);
    state.counter = counter;
    if (!all) state.marksFrom = now;
  }

  /** What another process needs to go on from here. */
  saved(now: number): Pick<BreakerSnapshot, 'state' | 'remainingMs' | 'opens' | 'failures' | 'cause'> {
    const state = this.#state;
    const name = this.nameAt(now);
    const opened = state.name === 'open' || state.name === 'half-open' ? state : undefined;
    return {
      state: name,
      remainingMs: name === 'open' ? this.#openUntil(state) - now : 0,
      opens: opened?.opens ?? 0,
      failures: state.name === 'closed' ? state.counter.streak : 0,
      ...(opened?.cause ? { cause: opened.cause } : {}),
    };
  }

  /** Goes on from what was saved `elapsedMs` ago. Calls in flight belong to the past. */
  restore(saved: BreakerSnapshot, elapsedMs: number, now: number): void {
    const next = this.#restored(saved, elapsedMs, now);
    if (next.name === this.#state.name) this.#state = next;
    else this.#go(next, now, 'restore', saved.cause);
  }

  /** When the circuit becomes half-open, which nobody may have noticed yet to be open again. */
  #openUntil(state: State): number {
    if (state.name === 'open') return state.until;
    return state.name === 'half-open' ? this.#afterExpiry(state).until : 0;
  }

  #restored({ state, remainingMs, opens, failures, cause }: BreakerSnapshot, elapsedMs: number, now: number): State {
    switch (state) {
      case 'open':
        return { name: 'open', until: now + remainingMs - elapsedMs, opens: Math.max(1, opens), cause };
      case 'half-open':
        return newHalfOpen(Math.max(1, opens), cause);
      case 'isolated':
        return { name: 'isolated' };
      default: {
        const closed = this.#newClosed(undefined);
        closed.counter.resume(failures, now - elapsedMs);
        return closed;
      }
    }
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

  #judge(state: Closed, now: number, cause: unknown): void {
    const reason = state.counter.tripped(now);
    if (reason) this.#open(state, now, reason, summarise(cause), state.counter.askedUntil(now));
  }

  /** Calls in flight may have become slow since. */
  #catchUp(state: Closed, now: number): void {
    if (!state.counter.watches) return;
    state.counter.catchUp(now);
    this.#judge(state, now, undefined);
  }

  #nameOfHalfOpen(state: HalfOpen, now: number): BreakerState {
    if (this.#leaseEnd(state) > now) return 'half-open';
    return now >= this.#afterExpiry(state).until ? 'half-open' : 'open';
  }

  #expireProbes(state: HalfOpen, now: number): void {
    const deadline = this.#leaseEnd(state);
    if (deadline <= now) this.#go(this.#afterExpiry(state), deadline, 'probe-expired', state.cause);
  }

  /** The open state that follows an unanswered probe. Made once, so that reading `state` and acting on it agree. */
  #afterExpiry(state: HalfOpen): Open {
    const opens = state.opens + 1;
    const makeOpen = (): Open => ({
      name: 'open',
      until: this.#leaseEnd(state) + this.#openDurationMs(opens, state.cause),
      opens,
      cause: state.cause,
    });
    state.afterExpiry ??= makeOpen();
    return state.afterExpiry;
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
    const opens =
      1 + (from.name === 'half-open' ? from.opens : reason === 'probe-body' ? (from.closedBy?.opens ?? 0) : 0);
    const duration = askedUntil === undefined ? this.#openDurationMs(opens, cause) : clampAsked(askedUntil - at);
    this.#go({ name: 'open', until: at + duration, opens, cause }, at, reason, cause);
  }

  #openDurationMs(opens: number, cause: FailureSummary | undefined): number {
    const { key, random } = this.#context;
    return openDurationMs(this.#settings.openDurationMs, { key, opens, random, ...(cause ? { cause } : {}) });
  }

  #halfOpen({ until, opens, cause }: Open): void {
    this.#go(newHalfOpen(opens, cause), until, 'open-elapsed');
  }

  #close(period: HalfOpen, now: number): void {
    this.#go(this.#newClosed(period), now, 'probes-ok');
  }

  #newClosed(closedBy: HalfOpen | undefined): Closed {
    const counter = this.#settings.createTripCounter();
    return { name: 'closed', counter, marksFrom: Number.NEGATIVE_INFINITY, closedBy };
  }

  #go(next: State, at: number, reason: TransitionReason, cause?: FailureSummary | undefined): void {
    const from = this.#state.name;
    this.#state = next;
    this.#context.onTransition({ from, to: next.name, at, reason, cause });
  }
}

function markOf(call: Call, { marksFrom }: Closed): Mark {
  return call.admittedAt >= marksFrom ? call.mark : undefined;
}

function instantOf(hint: FailureHint | undefined, now: number): number | undefined {
  const ms = hint?.openForMs;
  return ms !== undefined && ms >= 0 ? now + ms : undefined;
}

function clampAsked(ms: number): number {
  return Math.min(ASKED_FOR_MS.max, Math.max(ASKED_FOR_MS.min, ms));
}
