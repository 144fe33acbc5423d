/** Several trips side by side, all of which see every call; any one opens the circuit. */

import type { TransitionReason } from '../common/breaker-state.ts';
import type { Clock } from '../common/clock.ts';
import { later } from '../common/later.ts';
import type { Admitted, CountToken, Evidence, PeriodCounter } from './period-counter.ts';
import type { TripReading } from './readings.ts';

/** Without any, nothing opens the circuit. */
export class AnyOf implements PeriodCounter {
  #counters: readonly PeriodCounter[];

  constructor(counters: readonly PeriodCounter[]) {
    this.#counters = counters;
  }

  get timesCalls(): boolean {
    return this.#counters.some(counter => counter.timesCalls);
  }

  get calm(): boolean {
    return this.#counters.every(counter => counter.calm);
  }

  good(clock: Clock): void {
    for (const counter of this.#counters) counter.good(clock);
  }

  headers(call: Admitted, now: number): CountToken {
    return this.#counters.map(counter => counter.headers(call, now));
  }

  whole(call: Admitted, now: number, token: CountToken): void {
    this.#counters.forEach((counter, i) => void counter.whole(call, now, (token as CountToken[] | undefined)?.[i]));
  }

  broken(call: Admitted, now: number, token: CountToken): void {
    this.#counters.forEach((counter, i) => void counter.broken(call, now, (token as CountToken[] | undefined)?.[i]));
  }

  failure(call: Admitted, now: number, requestedUntil?: number): void {
    for (const counter of this.#counters) counter.failure(call, now, requestedUntil);
  }

  requestedUntil(now: number): number | undefined {
    return this.#counters.reduce<number | undefined>((all, one) => later(all, one.requestedUntil(now)), undefined);
  }

  get streak(): number {
    return Math.max(0, ...this.#counters.map(counter => counter.streak));
  }

  resume(streak: number, at: number): void {
    for (const counter of this.#counters) counter.resume(streak, at);
  }

  adopt(earlier: PeriodCounter[]): PeriodCounter {
    this.#counters = this.#counters.map(counter => counter.adopt(earlier));
    return this;
  }

  get parts(): readonly PeriodCounter[] {
    return this.#counters;
  }

  get watches(): boolean {
    return this.#counters.some(counter => counter.watches);
  }

  admitted(call: Admitted): void {
    for (const counter of this.#counters) counter.admitted(call);
  }

  catchUp(now: number): void {
    for (const counter of this.#counters) counter.catchUp(now);
  }

  ignored(call: Admitted): void {
    for (const counter of this.#counters) counter.ignored(call);
  }

  superseded(call: Admitted, now: number): boolean {
    return this.#counters.map(counter => counter.superseded(call, now)).includes(true);
  }

  phrases(now: number): readonly string[] {
    return this.#counters.flatMap(counter => counter.phrases(now));
  }

  readings(now: number): readonly TripReading[] {
    return this.#counters.flatMap(counter => counter.readings(now));
  }

  tripped(now: number): TransitionReason | undefined {
    for (const counter of this.#counters) {
      const reason = counter.tripped(now);
      if (reason) return reason;
    }
    return undefined;
  }

  /** The nearest of them decides. */
  utilization(now: number): number {
    return Math.max(...this.#counters.map(counter => counter.utilization(now)));
  }

  evidence(now: number): Evidence {
    const all = this.#counters.map(counter => counter.evidence(now));
    return all.find(one => one === 'live') ?? all.find(one => one === 'expired') ?? 'none';
  }
}
