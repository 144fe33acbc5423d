/** A registry with many keys: its limit, and that eviction never admits a call that would have been refused. */

import {
  BreakerRegistry,
  type CircuitBreaker,
  isCircuitOpenError,
  type Permit,
  type RegistryFullEvent,
} from '@cutout/core';
import type { Coverage } from './coverage.ts';
import type { Draw } from './draw.ts';
import { Model, type ModelCall } from './model.ts';
import { holds, same } from './properties.ts';
import { asOptions, type Rules } from './rules.ts';
import { drawRules } from './schedule.ts';
import { refusal } from './stage.ts';

type RegistryStep =
  | { readonly do: 'call'; readonly key: string; readonly how: 'success' | 'failure' | 'ignore' | 'hold' }
  | { readonly do: 'answer'; readonly pick: number; readonly how: 'success' | 'failure' | 'ignore' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'isolate' | 'release' | 'delete'; readonly key: string }
  /** An attacker's hosts: each fails a few calls and gets no more. */
  | { readonly do: 'invent'; readonly from: number; readonly hosts: number; readonly calls: number }
  | { readonly do: 'move' };

export interface RegistrySchedule {
  readonly rules: Rules;
  readonly maxKeys: number;
  readonly idleMs: number;
  readonly steps: readonly RegistryStep[];
}

export function drawRegistrySchedule(draw: Draw): RegistrySchedule {
  const rules: Rules = { ...drawRules(draw), mode: 'enforce' };
  const keys = draw.int(2, 24);
  const bad = draw.pick([0.2, 0.6, 0.95]);
  const key = (): string => `k${draw.chance(0.5) ? draw.int(0, 2) : draw.int(0, keys)}`;
  const steps = Array.from({ length: draw.int(10, 90) }, () => drawRegistryStep(draw, key, bad, rules));
  return { rules, maxKeys: draw.int(1, 10), idleMs: draw.pick([1, 20, 100, 5_000, Number.POSITIVE_INFINITY]), steps };
}

function drawRegistryStep(draw: Draw, key: () => string, bad: number, { open }: Rules): RegistryStep {
  switch (draw.weighted({ call: 20, answer: 3, advance: 5, invent: 1, hand: 1, move: 0.3 })) {
    case 'call':
      return { do: 'call', key: key(), how: draw.chance(0.15) ? draw.pick(['hold', 'ignore']) : outcome(draw, bad) };
    case 'answer':
      return { do: 'answer', pick: draw.int(0, 9), how: draw.chance(0.1) ? 'ignore' : outcome(draw, bad) };
    case 'advance':
      // Whole milliseconds, like a breaker's last use.
      return { do: 'advance', ms: Math.ceil(draw.pick([0, 1, 5, 25, open.firstMs, open.firstMs * 3, 6_000])) };
    case 'invent':
      return { do: 'invent', from: draw.int(0, 1e9), hosts: draw.int(1, 15), calls: draw.int(1, 4) };
    case 'move':
      return { do: 'move' };
    default:
      return { do: draw.pick(['isolate', 'release', 'delete']), key: key() };
  }
}

function outcome(draw: Draw, bad: number): 'success' | 'failure' {
  return draw.chance(bad) ? 'failure' : 'success';
}

export function checkRegistry(schedule: RegistrySchedule, coverage: Coverage): void {
  const run = new RegistryRun(schedule, coverage);
  for (const step of schedule.steps) run.step(step);
}

/** A key in the model. */
interface Entry {
  readonly breaker: CircuitBreaker;
  readonly model: Model;
  usedAt: number;
  /** Successes, of any generation. */
  good: number;
  readonly restored: boolean;
}

/** Successes that make a key known. */
const KNOWN = 5;

interface Running {
  readonly entry: Entry;
  readonly permit: Permit;
  readonly call: ModelCall;
}

class RegistryRun {
  readonly #schedule: RegistrySchedule;
  readonly #coverage: Coverage;
  #now = 0;
  #registry: BreakerRegistry;
  /** The kept keys, in order of arrival. */
  #held = new Map<string, Entry>();
  #running: Running[] = [];
  #registryFull: RegistryFullEvent[] = [];

  constructor(schedule: RegistrySchedule, coverage: Coverage) {
    this.#schedule = schedule;
    this.#coverage = coverage;
    this.#registry = this.#make();
  }

  step(step: RegistryStep): void {
    if (step.do === 'advance') this.#now += step.ms;
    else if (step.do === 'call') this.#call(step.key, step.how);
    else if (step.do === 'answer') this.#answer(step.pick, step.how);
    else if (step.do === 'delete') this.#delete(step.key);
    else if (step.do === 'move') this.#move();
    else if (step.do === 'invent') this.#invent(step);
    else this.#byHand(step.do, step.key);
    this.#check();
  }

  #make(): BreakerRegistry {
    const { rules, maxKeys, idleMs } = this.#schedule;
    const clock = { now: () => this.#now };
    const registry = new BreakerRegistry({ breaker: asOptions(rules), maxKeys, idleMs, clock });
    registry.subscribe(event => event.type === 'registry-full' && this.#registryFull.push(event));
    return registry;
  }

  /** Gets a key, and checks which keys the registry evicted for it. */
  #get(key: string): Entry {
    const before = this.#held;
    const reported = this.#registryFull.length;
    const breaker = this.#registry.get(key);
    const known = before.get(key);
    if (known) same('10 a key that is held keeps its breaker', breaker === known.breaker, true);
    const entry = known ?? this.#entry(breaker);
    const gone = [...before].filter(([other]) => this.#registry.peek(other) === undefined);
    this.#held = new Map([...before].filter(([other]) => this.#registry.peek(other) !== undefined));
    for (const [other, each] of gone) this.#checkMayGo(other, each);
    if (!known) this.#checkRoom(key, entry, gone, this.#registryFull.length > reported);
    return entry;
  }

  #entry(breaker: CircuitBreaker): Entry {
    const model = new Model(this.#schedule.rules, this.#now);
    return { breaker, model, usedAt: this.#now, good: 0, restored: false };
  }

  #checkMayGo(key: string, entry: Entry): void {
    const { model } = entry;
    const state = model.read(this.#now);
    const isSurplus = this.#isOpenNewcomer(entry) && this.#openNewcomers >= this.#mostNewcomers;
    const mayGo = (state !== 'open' || isSurplus) && state !== 'isolated' && model.inFlight === 0;
    holds('10 what must stay is not dropped', mayGo, `${key} was ${state} with ${model.inFlight} calls in flight`);
    this.#coverage.hit('registry: dropped an open newcomer', isSurplus ? 1 : 0);
  }

  /** The part of the room that open circuits of unknown keys may use. */
  get #mostNewcomers(): number {
    return Math.floor(this.#schedule.maxKeys / 2);
  }

  get #openNewcomers(): number {
    return [...this.#held.values()].filter(entry => this.#isOpenNewcomer(entry)).length;
  }

  #isOpenNewcomer(entry: Entry): boolean {
    return entry.model.read(this.#now) === 'open' && !isKnown(entry);
  }

  #isInUse(entry: Entry): boolean {
    return isKnown(entry) && this.#now - entry.usedAt <= this.#schedule.idleMs;
  }

  /** Idle keys may be evicted; beyond them at most one, the least needed. */
  #checkRoom(key: string, entry: Entry, gone: readonly (readonly [string, Entry])[], unkept: boolean): void {
    const kept = this.#registry.peek(key) === entry.breaker;
    same('10 a breaker that is not kept is reported', unkept, !kept);
    const idle = gone.filter(([, { usedAt }]) => this.#now - usedAt > this.#schedule.idleMs);
    const evicted = gone.filter(each => !idle.includes(each));
    holds('10 at most one is dropped for a new key', evicted.length <= 1, `${evicted.length} dropped`);
    for (const [, victim] of evicted) this.#checkLeast(victim);
    if (evicted.length > 0)
      holds(
        '10 only a full registry drops one',
        this.#held.size === this.#schedule.maxKeys - 1,
        `${this.#held.size} held`,
      );
    if (!kept) for (const [other, each] of this.#held) this.#checkMustStay(other, each);
    if (!kept || evicted.some(([, victim]) => victim.model.read(this.#now) !== 'open')) this.#checkNewcomers(key);
    for (const [other, victim] of evicted)
      holds('10 a known key in use is not dropped for a new one', !this.#isInUse(victim), other);
    if (kept) this.#held.set(key, entry);
    this.#coverage.hit('registry: dropped when idle', idle.length);
    this.#coverage.hit('registry: evicted for a new key', evicted.length);
    this.#coverage.hit('registry: not kept', kept ? 0 : 1);
  }

  /** If any other key was evicted, or the new one was not kept, open unknown keys used no more than their part. */
  #checkNewcomers(key: string): void {
    const idle = [...this.#held.values()].filter(each => this.#isOpenNewcomer(each) && each.model.inFlight === 0);
    holds('10 open newcomers take at most half of the room', idle.length <= this.#mostNewcomers, key);
  }

  #checkMustStay(key: string, entry: Entry): void {
    const state = entry.model.read(this.#now);
    const stays = state === 'open' || state === 'isolated' || entry.model.inFlight > 0 || this.#isInUse(entry);
    this.#coverage.hit('registry: a known key stays in spite of a new one', this.#isInUse(entry) ? 1 : 0);
    holds('10 a new key is kept where one may go', stays, `${key} was ${state}`);
  }

  #checkLeast(victim: Entry): void {
    const rank = this.#rank(victim, true);
    const below = [...this.#held.values()]
      .filter(other => other.model.inFlight === 0 && !this.#isInUse(other))
      .filter(other => this.#isBelow(other, rank));
    holds(
      '10 the least needed is dropped',
      below.length === 0,
      `rank ${rank}, but there was ${below.map(each => this.#rank(each))}`,
    );
  }

  #isBelow(other: Entry, [category, idleMs]: readonly [number, number]): boolean {
    const [own, ownIdle] = this.#rank(other);
    return own < category || (own === category && ownIdle > idleMs);
  }

  /** The order of eviction: surplus; closed and clean; closed with expired failures; past its deadline; closed with failures; never. */
  #rank({ model, usedAt }: Entry, wasDropped = false): readonly [number, number] {
    const state = model.read(this.#now);
    const closed = { none: 0, expired: 1, live: 3 }[model.evidence(this.#now)];
    return [{ closed, 'half-open': 2, open: wasDropped ? -1 : 9, isolated: 9 }[state], this.#now - usedAt];
  }

  #call(key: string, how: 'success' | 'failure' | 'ignore' | 'hold'): void {
    const wasRefusing = this.#held.get(key)?.model.read(this.#now) === 'open';
    const entry = this.#get(key);
    const expected = entry.model.start(this.#now);
    entry.usedAt = this.#now;
    const got = entry.breaker.tryAcquire();
    if (isCircuitOpenError(got)) {
      same('10 a refusal is the model\u2019s', refusal(got as never), refusal(expected as never));
      if (wasRefusing) this.#coverage.hit('registry: refused in spite of new keys');
      return;
    }
    holds(
      '10 eviction never turns a refusal into an admission',
      !wasRefusing && typeof expected === 'object' && 'n' in expected,
      key,
    );
    const running = { entry, permit: got as Permit, call: expected as ModelCall };
    if (how === 'hold') this.#running.push(running);
    else this.#settle(running, how);
  }

  #invent({ from, hosts, calls }: Extract<RegistryStep, { do: 'invent' }>): void {
    for (let host = from; host < from + hosts; host++) {
      for (let call = 0; call < calls; call++) this.#call(`invented ${host}`, 'failure');
      this.#check();
    }
  }

  #answer(pick: number, how: 'success' | 'failure' | 'ignore'): void {
    const [running] = this.#running.splice(pick % Math.max(1, this.#running.length), 1);
    if (running) this.#settle(running, how);
  }

  #settle({ entry, permit, call }: Running, how: 'success' | 'failure' | 'ignore'): void {
    entry.model.answer(call, how, this.#now);
    permit[how]();
    if (how === 'success') entry.good += 1;
    same('11 the state is the model\u2019s', entry.breaker.state, entry.model.read(this.#now));
  }

  #byHand(what: 'isolate' | 'release', key: string): void {
    const entry = this.#held.get(key);
    entry?.model[what](this.#now);
    entry?.breaker[what]();
  }

  #delete(key: string): void {
    same('10 what is held is deleted', this.#registry.delete(key), this.#held.delete(key));
  }

  /** Moves to another process: circuits that are not closed and clean, within the room; calls are not moved. */
  #move(): void {
    const json = JSON.parse(JSON.stringify(this.#registry.snapshot()));
    const snapshots = [...this.#held].map(([key, { breaker, model }]) => ({
      key,
      model,
      snapshot: breaker.snapshot(),
    }));
    this.#registry = this.#make();
    this.#registry.restore(json);
    this.#running = [];
    this.#held = new Map();
    for (const { key, model, snapshot } of snapshots) {
      const breaker = this.#registry.peek(key);
      const clean = model.read(this.#now) === 'closed' && model.failures === 0;
      same('10 what is not clean is restored', breaker !== undefined, !clean);
      if (!breaker) continue;
      model.restoreElsewhere(snapshot, this.#schedule.rules, snapshot.takenAt, this.#now);
      this.#held.set(key, { breaker, model, usedAt: this.#now, good: 0, restored: true });
      this.#coverage.hit('registry: restored');
    }
  }

  #check(): void {
    const { maxKeys } = this.#schedule;
    holds(
      '10 the registry never exceeds its bound',
      this.#registry.size <= maxKeys,
      `${this.#registry.size} of ${maxKeys}`,
    );
    same(
      '10 the registry holds what it said it would',
      [...this.#registry].map(({ key }) => key).sort(),
      [...this.#held.keys()].sort(),
    );
  }
}

function isKnown({ good, restored }: Entry): boolean {
  return restored || good >= KNOWN;
}
