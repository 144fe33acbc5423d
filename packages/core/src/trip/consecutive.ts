/** The consecutive trip: opens after a run of failures. A body that breaks after good headers is a failure too. */

import { type Aliases, at, checkNumber, checkObject, POSITIVE_INTEGER, POSITIVE_MS } from '../common/check.ts';
import { later } from '../common/later.ts';
import { type BuiltInTrip, builtInTrip } from './built-in-trip.ts';
import type { Admitted, CounterFactory, Evidence, PeriodCounter } from './period-counter.ts';
import type { ConsecutiveReading } from './readings.ts';

export interface ConsecutiveOptions {
  /** Failures in a row that open the circuit: a positive integer. */
  readonly failures: number;
  /**
   * A failure whose call was admitted more than this many milliseconds after the failure before it starts the count
   * afresh. `Infinity`: never.
   * @default 10_000
   */
  readonly forgetAfterMs?: number;
}

/** The trip of a breaker that is given none. */
export const CONSECUTIVE_DEFAULTS = { failures: 5, forgetAfterMs: 10_000 } as const;

/**
 * Opens after `failures` failures in a row. `breaker: { failures: 5 }` is short for `breaker: { trip: consecutive({ failures: 5 }) }`.
 *
 * @throws TypeError or RangeError for bad options.
 */
export function consecutive(options: ConsecutiveOptions): BuiltInTrip {
  const given = checkObject('consecutive', options, ['failures', 'forgetAfterMs'], CONSECUTIVE_ALIASES);
  return builtInTrip('consecutive', consecutiveFactory('consecutive', given));
}

/** Reads `failures`, which must be given, and `forgetAfterMs` of `given`; other keys are not looked at. */
export function consecutiveFactory(path: string, given: Readonly<Record<string, unknown>>): CounterFactory {
  const failures = checkNumber(at(path, 'failures'), given['failures'], POSITIVE_INTEGER);
  const forgetAfterMs = checkNumber(
    at(path, 'forgetAfterMs'),
    given['forgetAfterMs'],
    POSITIVE_MS,
    CONSECUTIVE_DEFAULTS.forgetAfterMs,
  );
  const rule = { failures, forgetAfterMs };
  return () => new ConsecutiveCounter(rule);
}

const CONSECUTIVE_ALIASES: Aliases = {
  threshold: 'failures',
  failureThreshold: 'failures',
  maxFailures: 'failures',
  count: 'failures',
  interval: 'forgetAfterMs',
  failureRatio: 'it belongs to rate()',
  minimumCalls: 'it belongs to rate()',
  window: 'it belongs to rate()',
  slowCall: 'it belongs to rate()',
};

/**
 * Good headers end the run of failures, as they must: many callers never read a body, and one failure in a hundred
 * would otherwise add up to an outage. But they only forgive those failures. If the body then breaks, the call was
 * no success at all: the failures that its headers had forgiven count again, and the break with them. So a server
 * that sends good headers and then breaks every body trips the circuit, and a host that mostly works does not.
 */
export class ConsecutiveCounter implements PeriodCounter {
  #trip: Required<ConsecutiveOptions>;
  /** Failures since the last good headers. */
  #failed: Run = NONE;
  /** Broken bodies, with the failures that their headers had forgiven, since the last whole body. */
  #broken: Run = NONE;
  /** Moves on when the failures so far are over for good, so that none of them comes back with a broken body. */
  #epoch = 0;
  #lastFailureAt: number | undefined;
  /** Whether a failure came last. Nothing else opens the circuit, also where a reconfiguration has lowered the limit. */
  #failedLast = false;

  constructor(trip: Required<ConsecutiveOptions>) {
    this.#trip = trip;
  }

  /** A first failure is counted whenever its call was admitted; only one that follows others must not be too late. */
  get timesCalls(): boolean {
    return this.#failed !== NONE || this.#broken !== NONE;
  }

  get calm(): boolean {
    return this.#failed === NONE && this.#broken === NONE;
  }

  good(): void {
    this.#epoch += 1;
    this.#failedLast = false;
    if (this.calm) return;
    this.#failed = NONE;
    this.#broken = NONE;
  }

  headers(): ForgivenFailures | undefined {
    this.#failedLast = false;
    if (this.#failed === NONE) return undefined;
    const forgiven = { run: this.#failed, epoch: this.#epoch };
    this.#failed = NONE;
    return forgiven;
  }

  whole(): void {
    this.#broken = NONE;
    this.#epoch += 1;
    this.#failedLast = false;
  }

  broken(call: Admitted, now: number, token: unknown): void {
    const forgiven = token as ForgivenFailures | undefined;
    this.#forget(call);
    const stillCounts = forgiven?.epoch === this.#epoch;
    const before = stillCounts ? joined(this.#broken, forgiven.run) : this.#broken;
    this.#broken = joined(before, ONE);
    this.#lastFailureAt = now;
    this.#failedLast = true;
  }

  failure(call: Admitted, now: number, requestedUntil?: number): void {
    this.#forget(call);
    this.#failed = joined(this.#failed, requestedUntil === undefined ? ONE : { length: 1, requestedUntil });
    this.#lastFailureAt = now;
    this.#failedLast = true;
  }

  requestedUntil(): number | undefined {
    return later(this.#failed.requestedUntil, this.#broken.requestedUntil);
  }

  get streak(): number {
    return this.#length;
  }

  /** A closed circuit holds fewer failures than the limit, even where a snapshot holds more. */
  resume(streak: number, at: number): void {
    const length = Math.min(streak, this.#trip.failures - 1);
    this.#failed = length > 0 ? { length, requestedUntil: undefined } : NONE;
    this.#lastFailureAt = at;
  }

  adopt(earlier: PeriodCounter[]): PeriodCounter {
    const index = earlier.findIndex(counter => counter instanceof ConsecutiveCounter);
    if (index < 0) return this;
    const [own] = earlier.splice(index, 1) as [ConsecutiveCounter];
    own.#trip = this.#trip;
    own.#failedLast = false;
    return own;
  }

  get watches(): boolean {
    return false;
  }

  get parts(): readonly PeriodCounter[] {
    return [this];
  }

  admitted(): void {
    // A call in flight is no evidence.
  }

  catchUp(): void {
    // Time alone trips nothing here.
  }

  ignored(): void {
    // It was not counted.
  }

  superseded(): boolean {
    // Latency is not counted here.
    return false;
  }

  tripped(): 'consecutive' | undefined {
    return this.#failedLast && this.#length >= this.#trip.failures ? 'consecutive' : undefined;
  }

  phrases(): readonly string[] {
    return [`${this.#length} of ${this.#trip.failures} failures in a row`];
  }

  readings(): readonly ConsecutiveReading[] {
    return [{ type: 'consecutive', failures: this.#length, limit: this.#trip.failures }];
  }

  utilization(now: number): number {
    return this.#isForgotten(now) ? 0 : this.#length / this.#trip.failures;
  }

  evidence(now: number): Evidence {
    if (this.#length === 0) return 'none';
    return this.#isForgotten(now) ? 'expired' : 'live';
  }

  get #length(): number {
    return this.#failed.length + this.#broken.length;
  }

  /** Starts afresh where the last failure lies too far back for this call to follow on from it. */
  #forget(call: Admitted): void {
    if (!this.#isForgotten(call.admittedAt)) return;
    this.#failed = NONE;
    this.#broken = NONE;
    this.#epoch += 1;
  }

  #isForgotten(admittedAt: number): boolean {
    return this.#lastFailureAt !== undefined && admittedAt - this.#lastFailureAt > this.#trip.forgetAfterMs;
  }
}

/** Failures in a row, and the latest instant until which one of them requested a wait. */
interface Run {
  readonly length: number;
  readonly requestedUntil: number | undefined;
}

const NONE: Run = { length: 0, requestedUntil: undefined };
const ONE: Run = { length: 1, requestedUntil: undefined };

function joined(a: Run, b: Run): Run {
  return { length: a.length + b.length, requestedUntil: later(a.requestedUntil, b.requestedUntil) };
}

interface ForgivenFailures {
  readonly run: Run;
  readonly epoch: number;
}
