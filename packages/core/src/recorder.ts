/** Turns the answers of permits into steps of the state machine, and tells listeners about both. */

import type { Clock } from './clock.ts';
import type { BreakerEvent, EventHub } from './events.ts';
import type { PermitOwner } from './permit.ts';
import type { FailureHint, StateMachine } from './state.ts';
import type { Call } from './states.ts';
import type { Stage, Verdict } from './verdict.ts';

export class Recorder implements PermitOwner {
  /** Calls admitted and not yet answered. */
  inFlight = 0;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #machine: StateMachine;
  readonly #events: EventHub<BreakerEvent>;

  constructor(key: string, clock: Clock, machine: StateMachine, events: EventHub<BreakerEvent>) {
    this.#key = key;
    this.#clock = clock;
    this.#machine = machine;
    this.#events = events;
  }

  /** Whether the news was of the present generation. */
  headers(call: Call): boolean {
    const { now, current } = this.#answered(call);
    this.#machine.good(call, now);
    this.#tell(call, now, 'success', !current, 'headers');
    return current;
  }

  success(call: Call): void {
    const { now, current } = this.#answered(call);
    this.#machine.good(call, now);
    if (current) this.#machine.whole(call, now);
    this.#tell(call, now, 'success', !current);
  }

  failure(call: Call, cause: unknown, hint: FailureHint | undefined): void {
    const { now, current } = this.#answered(call);
    this.#machine.failure(call, now, cause, hint);
    this.#tell(call, now, 'failure', !current);
  }

  ignore(call: Call): void {
    const { now, current } = this.#answered(call);
    this.#machine.ignore(call, now);
    this.#tell(call, now, 'ignore', !current);
  }

  whole(call: Call, counted: boolean): void {
    const now = this.#now();
    if (counted) this.#machine.whole(call, now);
    this.#tell(call, now, 'success', !counted, 'body');
  }

  broken(call: Call, counted: boolean, cause: unknown): void {
    const now = this.#now();
    if (counted) this.#machine.broken(call, now, cause);
    this.#tell(call, now, 'failure', !counted, 'body');
  }

  /** An answer that comes after a deadline meets the state that the deadline has made. */
  #now(): number {
    const now = this.#clock.now();
    this.#machine.advance(now);
    return now;
  }

  #answered(call: Call): { now: number; current: boolean } {
    this.inFlight -= 1;
    const now = this.#now();
    return { now, current: this.#machine.isCurrent(call) };
  }

  #tell(call: Call, at: number, verdict: Verdict, stale: boolean, stage?: Stage): void {
    if (!this.#events.active) return;
    const durationMs = at - call.admittedAt;
    const event = { type: 'outcome', key: this.#key, verdict, at, durationMs, stale } as const;
    this.#events.emit(stage ? { ...event, stage } : event);
  }
}
