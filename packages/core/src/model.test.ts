import { env } from 'node:process';
import { ManualClock } from '@cutout/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './breaker.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import type { Permit } from './permit.ts';
import type { BreakerState } from './states.ts';

type Limits = { failures: number; forget: number; open: number; max: number; ok: number; lease: number };

/**
 * The rules of the circuit, written down as plainly as they can be: a history of what happened in this generation, and
 * everything recomputed from it. Slow, and shares no thought with the machine it checks.
 */
class Model {
  readonly o: Limits;
  state: BreakerState = 'closed';
  generation = 0;
  openUntil = 0;
  /** Of the present closed period, in order. */
  history: { what: 'good' | 'whole' | 'failed' | 'broke'; call: number; at: number; admittedAt: number }[] = [];
  probes: { call: number; at: number }[] = [];
  successes = 0;
  closedBy = -1;

  constructor(o: Limits) {
    this.o = o;
  }

  catchUp(now: number): void {
    const expired = this.probes.map(p => p.at + this.o.lease).sort((a, b) => a - b)[0];
    if (this.state === 'half-open' && expired !== undefined && expired <= now) this.open(expired);
    if (this.state === 'open' && this.openUntil <= now) this.enter('half-open');
  }

  enter(state: BreakerState): void {
    const period = this.generation;
    this.generation += 1;
    this.closedBy = this.state === 'half-open' && state === 'closed' ? period : -1;
    this.state = state;
    this.history = [];
    this.probes = [];
    this.successes = 0;
  }

  open(at: number): void {
    this.enter('open');
    this.openUntil = at + this.o.open;
  }

  admits(): boolean {
    if (this.state === 'closed') return true;
    return this.state === 'half-open' && this.probes.length + this.successes < this.o.max;
  }

  trips(): boolean {
    return this.streak() >= this.o.failures;
  }

  /** Walks the history once: failures not excused, breaks with what their headers had excused, forgetting by age. */
  streak(): number {
    let failures = 0;
    let broken = 0;
    let last = Number.NEGATIVE_INFINITY;
    let excused = new Map<number, number>();
    for (const { what, call, at, admittedAt } of this.history) {
      const tooOld = admittedAt - last > this.o.forget;
      if (what === 'good') {
        excused.set(call, failures);
        failures = 0;
      } else if (what === 'whole') {
        broken = 0;
        excused = new Map();
      } else {
        if (tooOld) failures = broken = 0;
        if (what === 'failed') failures += 1;
        else broken += 1 + (tooOld ? 0 : (excused.get(call) ?? 0));
        last = at;
      }
    }
    return failures + broken;
  }
}

type ModelCall = {
  id: number;
  permit: Permit;
  generation: number;
  admittedAt: number;
  stage: 'running' | 'headers';
  counted: boolean;
};

const settings = fc.record({
  failures: fc.integer({ min: 1, max: 4 }),
  forget: fc.integer({ min: 1, max: 30 }),
  open: fc.integer({ min: 1, max: 40 }),
  max: fc.integer({ min: 1, max: 4 }),
  okRaw: fc.integer({ min: 1, max: 4 }),
  lease: fc.integer({ min: 1, max: 40 }),
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: 'acquire' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'success' as const,
        'headers' as const,
        'failure' as const,
        'ignore' as const,
        'revoke' as const,
      ),
      pick: fc.nat(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 45 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('isolate' as const, 'release' as const, 'reset' as const) }),
  },
);

describe('random event sequences', () => {
  it('keep the machine and the naive model in step', () => {
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 120 }), (s, steps) => {
        const options = { ...s, ok: Math.min(s.okRaw, s.max) };
        new Run(options).play(steps);
      }),
      { numRuns: 3_000, seed: Number(env['MODEL_SEED'] ?? 20_260_101) },
    );
  });
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Drives the breaker and the model with the same steps, and compares them after each. */
class Run {
  readonly clock = new ManualClock();
  readonly model: Model;
  readonly breaker: CircuitBreaker;
  readonly calls: ModelCall[] = [];
  readonly seen: BreakerState[] = ['closed'];
  #ids = 0;

  constructor(o: Model['o']) {
    this.model = new Model(o);
    this.breaker = new CircuitBreaker({
      clock: this.clock,
      trip: { type: 'consecutive', failures: o.failures, forgetAfterMs: o.forget },
      openDurationMs: o.open,
      halfOpen: { maxCalls: o.max, successThreshold: o.ok, probeTimeoutMs: o.lease },
    });
    this.breaker.subscribe(event => {
      if (event.type !== 'transition') return;
      expect(event.from).toBe(this.seen.at(-1));
      this.seen.push(event.to);
    });
  }

  play(steps: readonly Step[]): void {
    for (const each of steps) {
      if (each.do === 'wait') this.clock.advance(each.ms);
      else this.model.catchUp(this.clock.now());
      if (each.do === 'acquire') this.#acquire();
      else if ('pick' in each) this.#answer(each.do, each.pick);
      else if (each.do !== 'wait') this.#byHand(each.do);
      const read = this.breaker.state;
      expect(this.breaker.state).toBe(read);
      this.model.catchUp(this.clock.now());
      expect(read).toBe(this.model.state);
    }
  }

  #acquire(): void {
    const got = this.breaker.tryAcquire();
    expect(!(got instanceof CircuitOpenError)).toBe(this.model.admits());
    if (got instanceof CircuitOpenError) {
      if (got.state === 'open') expect(got.retryAfterMs).toBe(this.model.openUntil - this.clock.now());
      return;
    }
    const id = this.#ids++;
    const admittedAt = this.clock.now();
    if (this.model.state === 'half-open') this.model.probes.push({ call: id, at: admittedAt });
    this.calls.push({
      id,
      permit: got,
      generation: this.model.generation,
      admittedAt,
      stage: 'running',
      counted: false,
    });
  }

  #byHand(what: 'isolate' | 'release' | 'reset'): void {
    this.breaker[what]();
    if (what === 'isolate' && this.model.state !== 'isolated') this.model.enter('isolated');
    if (what === 'release' && this.model.state === 'isolated') this.model.enter('closed');
    if (what === 'reset') {
      this.model.enter('closed');
      this.model.closedBy = -1;
    }
  }

  #answer(what: 'success' | 'headers' | 'failure' | 'ignore' | 'revoke', pick: number): void {
    const call = this.calls[pick % this.calls.length];
    if (!call) return;
    if (what === 'headers') call.permit.success('headers');
    else call.permit[what]();
    if (call.stage === 'running') this.#first(call, what);
    else this.#second(call, what);
  }

  #first(call: ModelCall, what: 'success' | 'headers' | 'failure' | 'ignore' | 'revoke'): void {
    if (what === 'revoke') return;
    const { model } = this;
    const current = call.generation === model.generation;
    if (what === 'headers') Object.assign(call, { stage: 'headers', counted: current });
    else this.calls.splice(this.calls.indexOf(call), 1);
    if (!current) return;
    model.probes = model.probes.filter(probe => probe.call !== call.id);
    if (what === 'ignore') return;
    if (model.state === 'half-open') {
      if (what === 'failure') return model.open(this.clock.now());
      model.successes += 1;
      if (model.successes >= model.o.ok) model.enter('closed');
    } else {
      if (what === 'failure') this.#record('failed', call);
      else this.#record('good', call);
      if (what === 'success') this.#record('whole', call);
    }
  }

  #second(call: ModelCall, what: 'success' | 'headers' | 'failure' | 'ignore' | 'revoke'): void {
    if (what !== 'success' && what !== 'revoke') return;
    this.calls.splice(this.calls.indexOf(call), 1);
    const { model } = this;
    const ownPeriod = call.generation === model.generation;
    const closedByIt = model.state === 'closed' && model.closedBy === call.generation;
    if (!call.counted || !(ownPeriod || closedByIt)) return;
    const inTime = this.clock.now() - call.admittedAt <= model.o.lease;
    if (what === 'revoke' && (model.state === 'half-open' || (closedByIt && inTime)))
      return model.open(this.clock.now());
    if (model.state === 'closed') this.#record(what === 'success' ? 'whole' : 'broke', call);
  }

  #record(what: Model['history'][number]['what'], call: ModelCall): void {
    const { id, admittedAt } = call;
    this.model.history.push({ what, call: id, at: this.clock.now(), admittedAt });
    if (this.model.trips()) this.model.open(this.clock.now());
  }
}
