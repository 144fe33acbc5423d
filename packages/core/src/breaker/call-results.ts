/** Turns the answers of calls into steps of the state machine, counts them, and emits events. */

import type { Clock } from '../common/clock.ts';
import { type BreakerEvent, EventHub, type TransitionEvent } from '../common/events.ts';
import { isNoEvidence } from '../common/no-evidence.ts';
import type { Stage, Verdict } from '../common/verdict.ts';
import { FastPath, type FastPathOwner } from './fast-path.ts';
import { History } from './history.ts';
import type { FailureHint } from './open-duration.ts';
import type { ResolvedOptions } from './options.ts';
import type { PermitOwner } from './permit.ts';
import { type MachineContext, StateMachine, type Transition } from './state-machine.ts';
import type { Call, Closed } from './states.ts';

/** Hubs of single breakers: few, so that the many breakers without need no field for it. */
const OWN_HUBS = new WeakSet<EventHub<BreakerEvent>>();

/** Most of many hosts are called a few times; their breakers stay small. */
export const CALLS_BEFORE_FAST_PATH = 32;

export class CallResults implements PermitOwner, FastPathOwner<Closed>, MachineContext {
  /** Calls admitted since the breaker was made. */
  admitted = 0;
  /** Calls by verdict, and calls refused, since the breaker was made. */
  succeeded = 0;
  failed = 0;
  ignored = 0;
  brokenBodies = 0;
  rejected = 0;
  directPath: FastPath<Closed> | undefined;
  history: History | undefined;
  readonly key: string;
  readonly random: () => number;
  readonly clock: Required<Clock>;
  readonly machine: StateMachine;
  /** The parent's, until this breaker has a listener of its own. */
  events: EventHub<BreakerEvent>;

  constructor(
    key: string,
    clock: Required<Clock>,
    random: () => number,
    settings: ResolvedOptions,
    events: EventHub<BreakerEvent>,
  ) {
    this.key = key;
    this.clock = clock;
    this.random = random;
    this.events = events;
    this.machine = new StateMachine(settings, this);
  }

  /** Calls admitted and not yet answered. */
  get inFlight(): number {
    return this.admitted - this.succeeded - this.failed - this.ignored;
  }

  ownEvents(): EventHub<BreakerEvent> {
    if (!OWN_HUBS.has(this.events)) {
      this.events = new EventHub(this.events);
      OWN_HUBS.add(this.events);
    }
    return this.events;
  }

  /** The fast path, if a call may take it now. */
  get fastPath(): FastPath<Closed> | undefined {
    const { state } = this.machine;
    if (state.name !== 'closed' || state.counter.timesCalls || this.events.active) return undefined;
    const path = typeof state.fastPath === 'number' ? this.#openFastPath(state, state.fastPath + 1) : state.fastPath;
    if (path && state.counter.calm) this.directPath = path;
    return path;
  }

  /** A fast path takes memory: only circuits that are called often have one. */
  #openFastPath(closed: Closed, calls: number): FastPath<Closed> | undefined {
    if (!this.machine.admitsAll) return undefined;
    if (calls < CALLS_BEFORE_FAST_PATH) {
      closed.fastPath = calls;
      return undefined;
    }
    const fastPath = new FastPath(this, closed, closed.counter);
    closed.fastPath = fastPath;
    return fastPath;
  }

  /** Returns whether the call was admitted by the current generation. */
  headers(call: Call, at: number | undefined): boolean {
    return this.#succeed(call, at, 'headers');
  }

  success(call: Call, at: number | undefined): void {
    this.#succeed(call, at, undefined);
  }

  #succeed(call: Call, at: number | undefined, stage: 'headers' | undefined): boolean {
    this.succeeded += 1;
    const now = this.#advance(at);
    const isCurrent = this.machine.isCurrent(call);
    this.machine.good(call, now, stage === undefined);
    this.#emitOutcome(call, now, 'success', !isCurrent, stage);
    return isCurrent;
  }

  failure(call: Call, cause: unknown, hint: FailureHint | undefined, at: number | undefined): void {
    this.directPath = undefined;
    this.failed += 1;
    const now = this.#advance(at);
    const isCurrent = this.machine.isCurrent(call);
    this.machine.failure(call, now, cause, hint);
    this.#emitOutcome(call, now, 'failure', !isCurrent);
  }

  ignore(call: Call, isSuperseded: boolean, at: number | undefined): void {
    if (isSuperseded) this.directPath = undefined;
    this.ignored += 1;
    const now = this.#advance(at);
    const isCurrent = this.machine.isCurrent(call);
    if (isSuperseded) this.machine.superseded(call, now);
    else this.machine.ignore(call);
    this.#emitOutcome(call, now, 'ignore', !isCurrent);
  }

  whole(call: Call, counted: boolean, at: number | undefined): void {
    const now = this.#advance(at);
    if (counted) this.machine.whole(call, now);
    this.#emitOutcome(call, now, 'success', !counted, 'body');
  }

  broken(call: Call, counted: boolean, cause: unknown, at: number | undefined): void {
    this.directPath = undefined;
    const now = this.#advance(at);
    this.brokenBodies += 1;
    if (counted) this.machine.broken(call, now, cause);
    this.#emitOutcome(call, now, 'failure', !counted, 'body');
  }

  fastSuccess(admittedBy: Closed): void {
    this.succeeded += 1;
    if (admittedBy !== this.machine.state) return;
    const { counter } = admittedBy;
    counter.good(this.clock);
    if (!counter.calm) this.machine.openIfTripped(admittedBy, this.clock.now());
  }

  /** The call began without listeners and was not timed, so that no event is emitted. */
  fastFailure(admittedBy: Closed, error: unknown): void {
    const call: Call = { admittedAt: Number.NEGATIVE_INFINITY, admittedBy, token: undefined, tokenFrom: undefined };
    if (isNoEvidence(error)) {
      this.ignored += 1;
      this.machine.ignore(call);
      return;
    }
    this.failed += 1;
    this.directPath = undefined;
    this.machine.failure(call, this.#advance(undefined), error, undefined);
  }

  onTransition({ cause, ...transition }: Transition): void {
    this.directPath = undefined;
    this.history ??= new History();
    this.history.note(transition);
    if (!this.events.hasListeners) return;
    const event: TransitionEvent = { type: 'transition', key: this.key, ...transition, ...(cause ? { cause } : {}) };
    this.events.emit(event);
  }

  /** An answer that comes after a deadline meets the state that the deadline has made. */
  #advance(at: number | undefined): number {
    const now = at ?? this.clock.now();
    this.machine.advance(now);
    return now;
  }

  #emitOutcome(call: Call, at: number, verdict: Verdict, stale: boolean, stage?: Stage): void {
    if (!this.events.active) return;
    const durationMs = at - call.admittedAt;
    const event = { type: 'outcome', key: this.key, verdict, at, durationMs, stale } as const;
    this.events.emit(stage ? { ...event, stage } : event);
  }
}
