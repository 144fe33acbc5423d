/** A real breaker, a clock and a wall clock, driven by fully determined steps. */

import { type BreakerSnapshot, CircuitBreaker, isCircuitOpenError, type Permit } from '@cutout/core';
import type { How } from './model.ts';
import { asOptions, type Rules } from './rules.ts';

/** A step with its call or snapshot and its duration. */
export type Act =
  | { readonly do: 'start'; readonly id: number }
  | { readonly do: 'answer'; readonly id: number; readonly how: How; readonly openForMs?: number | undefined }
  | { readonly do: 'advance' | 'wall'; readonly ms: number }
  | { readonly do: 'isolate' | 'release' | 'reset' | 'snapshot' }
  | { readonly do: 'reconfigure'; readonly rules: Rules }
  | { readonly do: 'restore'; readonly index: number; readonly into: 'same' | 'new'; readonly rules: Rules };

export interface Start {
  readonly rules: Rules;
  readonly startAt: number;
  readonly wallAt: number;
}

const realNow = Date.now;
let wallNow = 0;

/** Uses the wall clock of the acting stage. */
export function fakeWall(): Disposable {
  Date.now = () => wallNow;
  return {
    [Symbol.dispose]: () => {
      Date.now = realNow;
    },
  };
}

export class Stage {
  now: number;
  wall: number;
  breaker: CircuitBreaker;
  rules: Rules;
  readonly permits = new Map<number, Permit>();
  /** Snapshots after `JSON.parse(JSON.stringify())`. */
  readonly snapshots: BreakerSnapshot[] = [];
  readonly #clock = { now: () => this.now };
  readonly #onNew: (breaker: CircuitBreaker) => void;

  /** `onNew` receives each new breaker. */
  constructor({ rules, startAt, wallAt }: Start, onNew: (breaker: CircuitBreaker) => void = () => undefined) {
    this.now = startAt;
    this.wall = wallAt;
    this.rules = rules;
    this.#onNew = onNew;
    this.breaker = this.#make();
  }

  /** The result of a call's admission: undefined, or the refusal. */
  act(act: Act): string | undefined {
    wallNow = this.wall;
    switch (act.do) {
      case 'start':
        return this.start(act.id);
      case 'answer':
        return this.answer(act);
      case 'advance':
        this.now += act.ms;
        this.wall += act.ms;
        return undefined;
      case 'wall':
        this.wall += act.ms;
        return undefined;
      case 'snapshot':
        this.snapshots.push(JSON.parse(JSON.stringify(this.breaker.snapshot())));
        return undefined;
      case 'restore':
        return this.#restore(act);
      case 'reconfigure':
        this.rules = act.rules;
        return void this.breaker.reconfigure(asOptions(act.rules));
      default:
        return void this.breaker[act.do]();
    }
  }

  protected start(id: number): string | undefined {
    const permit = this.breaker.tryAcquire();
    if (isCircuitOpenError(permit)) return refusal(permit as never);
    this.permits.set(id, permit as Permit);
    return 'in';
  }

  protected answer({ id, how, openForMs }: Extract<Act, { do: 'answer' }>): undefined {
    const permit = this.permits.get(id);
    if (how === 'headers') permit?.success('headers');
    else if (how === 'superseded') permit?.ignore('superseded');
    else if (how === 'dispose') permit?.[Symbol.dispose]();
    else if (how === 'failure') permit?.failure(new Error('down'), openForMs === undefined ? undefined : { openForMs });
    else permit?.[how]();
  }

  #restore({ index, into, rules }: Extract<Act, { do: 'restore' }>): undefined {
    if (into === 'new') {
      this.rules = rules;
      this.breaker = this.#make();
    }
    this.breaker.restore(this.snapshots[index] as BreakerSnapshot);
  }

  #make(): CircuitBreaker {
    const breaker = new CircuitBreaker({ ...asOptions(this.rules), key: 'k', clock: this.#clock, random: () => 0.5 });
    this.#onNew(breaker);
    return breaker;
  }

  /** Everything readable of the circuit except `wall`, for comparisons. */
  reading(): unknown {
    wallNow = this.wall;
    const { takenAt: _, ...saved } = this.breaker.snapshot();
    return { saved, explained: this.breaker.explain(), evidence: this.breaker.evictionInfo(this.now).evidence };
  }
}

export function refusal({ state, retryAfterMs }: { state: string; retryAfterMs: number }): string {
  return `${state} for ${retryAfterMs}`;
}
