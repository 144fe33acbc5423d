/** Turns the answers of calls into steps of the state machine, and tells listeners about both. */

import type { Clock } from '../common/clock.ts';
import { type BreakerEvent, EventHub, type TransitionEvent } from '../common/events.ts';
import { isNoEvidence } from '../common/no-evidence.ts';
import type { Stage, Verdict } from '../common/verdict.ts';
import { Lane, type LaneOwner } from './fast-path.ts';
import { History } from './history.ts';
import type { FailureHint } from './open-duration.ts';
import type { Settings } from './options.ts';
import type { PermitOwner } from './permit.ts';
import { type MachineContext, StateMachine, type Transition } from './state-machine.ts';
import type { Call, Closed } from './states.ts';

/** Hubs of single breakers: few, so that the many breakers without need no field for it. */
const OWN_HUBS = new WeakSet<EventHub<BreakerEvent>>();

/** Of a million hosts most are called a few times, and their breakers are to stay small. */
export const CALLS_BEFORE_LANE = 32;

export class Recorder implements PermitOwner, LaneOwner, MachineContext {
  /** Calls admitted and not yet answered. */
  inFlight = 0;
  /** Calls by what they said, and those refused, since the beginning. */
  succeeded = 0;
  failed = 0;
  ignored = 0;
  brokenBodies = 0;
  rejected = 0;
  history: History | undefined;
  readonly key: string;
  readonly random: () => number;
  readonly clock: Required<Clock>;
  readonly machine: StateMachine;
  /** The parent's, until somebody subscribes to this very breaker. */
  events: EventHub<BreakerEvent>;

  constructor(
    key: string,
    clock: Required<Clock>,
    random: () => number,
    settings: Settings,
    events: EventHub<BreakerEvent>,
  ) {
    this.key = key;
    this.clock = clock;
    this.random = random;
    this.events = events;
    this.machine = new StateMachine(settings, this);
  }

  ownEvents(): EventHub<BreakerEvent> {
    if (!OWN_HUBS.has(this.events)) {
      this.events = new EventHub(this.events);
      OWN_HUBS.add(this.events);
    }
    return this.events;
  }

  /** The short way for a call, if there is one now. */
  get lane(): Lane | undefined {
    const { state } = this.machine;
    if (state.name !== 'closed' || state.counter.timesCalls || this.events.active) return undefined;
    return typeof state.lane === 'number' ? this.#openLane(state, state.lane + 1) : state.lane;
  }

  /** A lane takes memory: it is for circuits that are called often. */
  #openLane(closed: Closed, calls: number): Lane | undefined {
    if (!this.machine.admitsAll) return undefined;
    if (calls < CALLS_BEFORE_LANE) {
      closed.lane = calls;
      return undefined;
    }
    const lane = new Lane(this, closed);
    closed.lane = lane;
    return lane;
  }

  /** Whether the news was of the present generation. */
  headers(call: Call): boolean {
    const { now, current } = this.#answered(call);
    this.succeeded += 1;
    this.machine.good(call, now, false);
    this.#tell(call, now, 'success', !current, 'headers');
    return current;
  }

  success(call: Call): void {
    const { now, current } = this.#answered(call);
    this.succeeded += 1;
    this.machine.good(call, now, true);
    this.#tell(call, now, 'success', !current);
  }

  failure(call: Call, cause: unknown, hint: FailureHint | undefined): void {
    const { now, current } = this.#answered(call);
    this.failed += 1;
    this.machine.failure(call, now, cause, hint);
    this.#tell(call, now, 'failure', !current);
  }

  ignore(call: Call, isOutrun: boolean): void {
    const { now, current } = this.#answered(call);
    this.ignored += 1;
    if (isOutrun) this.machine.outrun(call, now);
    else this.machine.ignore(call);
    this.#tell(call, now, 'ignore', !current);
  }

  whole(call: Call, counted: boolean): void {
    const now = this.#now();
    if (counted) this.machine.whole(call, now);
    this.#tell(call, now, 'success', !counted, 'body');
  }

  broken(call: Call, counted: boolean, cause: unknown): void {
    const now = this.#now();
    this.brokenBodies += 1;
    if (counted) this.machine.broken(call, now, cause);
    this.#tell(call, now, 'failure', !counted, 'body');
  }

  goodByLane(admittedBy: Closed): void {
    this.inFlight -= 1;
    this.succeeded += 1;
    if (admittedBy !== this.machine.state) return;
    const { counter } = admittedBy;
    counter.good(this.clock);
    if (!counter.calm) this.machine.judge(admittedBy, this.clock.now());
  }

  /** The call began before anyone listened and was not timed, so that no event tells of it. */
  failedByLane(admittedBy: Closed, error: unknown): void {
    this.inFlight -= 1;
    const call: Call = { admittedAt: Number.NEGATIVE_INFINITY, admittedBy, mark: undefined, markedBy: undefined };
    if (isNoEvidence(error)) {
      this.ignored += 1;
      this.machine.ignore(call);
      return;
    }
    this.failed += 1;
    this.machine.failure(call, this.#now(), error, undefined);
  }

  onTransition({ cause, ...transition }: Transition): void {
    this.history ??= new History();
    this.history.note(transition);
    if (!this.events.attended) return;
    const event: TransitionEvent = { type: 'transition', key: this.key, ...transition, ...(cause ? { cause } : {}) };
    this.events.emit(event);
  }

  /** An answer that comes after a deadline meets the state that the deadline has made. */
  #now(): number {
    const now = this.clock.now();
    this.machine.advance(now);
    return now;
  }

  #answered(call: Call): { now: number; current: boolean } {
    this.inFlight -= 1;
    const now = this.#now();
    return { now, current: this.machine.isCurrent(call) };
  }

  #tell(call: Call, at: number, verdict: Verdict, stale: boolean, stage?: Stage): void {
    if (!this.events.active) return;
    const durationMs = at - call.admittedAt;
    const event = { type: 'outcome', key: this.key, verdict, at, durationMs, stale } as const;
    this.events.emit(stage ? { ...event, stage } : event);
  }
}
