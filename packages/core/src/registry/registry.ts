/** Breakers by key: made on demand, dropped when idle, bounded in number. */

import { CircuitBreaker, type EvictionInfo } from '../breaker/circuit-breaker.ts';
import type { Explanation } from '../breaker/explanation.ts';
import { type BreakerOptions, checkBreakerOptions, type ResolvedOptions } from '../breaker/options.ts';
import { checkRegistrySnapshot, type RegistrySnapshot } from '../breaker/snapshot.ts';
import { REGISTRY_ALIASES } from '../common/aliases.ts';
import { at, checkNumber, checkObject, POSITIVE_INTEGER, POSITIVE_MS, show } from '../common/check.ts';
import { type Clock, monotonicClock } from '../common/clock.ts';
import { type BreakerEvent, EventHub, type TransitionEvent } from '../common/events.ts';
import { handleRejection, isThenable } from '../common/promise-like.ts';
import { checkClock } from '../common/reliable.ts';
import { OpenNewcomers } from './eviction.ts';
import { isRetained } from './retain.ts';

export interface BreakerRegistryOptions {
  /** The options of every breaker, or a function of its key. */
  readonly breaker?: BreakerOptions | ((key: string) => BreakerOptions);
  /** The most breakers held: a positive integer. @default 10_000 */
  readonly maxKeys?: number;
  /** Milliseconds without a call after which a breaker may be dropped; positive, `Infinity` for never. @default 600_000 */
  readonly idleMs?: number;
  /** Without `setTimer` the platform's timers are used. @default `performance.now()` and `setTimeout()` */
  readonly clock?: Clock;
}

export const REGISTRY_DEFAULTS = { maxKeys: 10_000, idleMs: 600_000 } as const;

/** Breakers checked for idleness: with a known key, at most once in `everyMs` milliseconds, and with each new key. */
const SWEEP = { known: 2, everyMs: 1, unknown: 8 } as const;
/** Breakers checked for one to evict when the registry is full. */
const EVICTION_LOOKS = 32;

/** Good answers that make a key known: as many as the failures that open a circuit by default. */
const KNOWN_ANSWERS = 5;
/** Evicted before every other category. */
const SURPLUS = -1;

/** The numbers of a registry. The counts never fall. */
export interface RegistryMetrics {
  /** Breakers held now. */
  readonly kept: number;
  /** Breakers handed out that could not be held. */
  readonly notKept: number;
  /** Breakers dropped for a new key's sake. */
  readonly evicted: number;
}

/**
 * A bounded map from key to breaker. What must not be forgotten stays: isolated circuits, calls in flight, circuits
 * whose open time has not passed. So inventing hosts cannot reset a tripped circuit.
 *
 * Invented hosts take nothing from known ones. A key is known once its host has answered well five times, or once it was
 * restored. A known key that was called within `idleMs` is never dropped for a new one. Of keys that are not known, open
 * circuits stay in at most half of the room: in the order in which they opened. The others go first.
 *
 * @throws TypeError or RangeError for bad options.
 */
export class BreakerRegistry {
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #events = new EventHub<BreakerEvent>();
  readonly #settingsFor: (key: string) => ResolvedOptions;
  readonly #maxKeys: number;
  readonly #idleMs: number;
  readonly #clock: Required<Clock>;
  readonly #newcomers: OpenNewcomers;
  readonly #restored = new WeakSet<CircuitBreaker>();
  #notKept = 0;
  #evicted = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** Where the last look through the breakers ended; the next one goes on from there. */
  #cursor: Iterator<CircuitBreaker> | undefined;

  constructor(options: BreakerRegistryOptions = {}) {
    const given = checkObject('', options, ['breaker', 'maxKeys', 'idleMs', 'clock'], REGISTRY_ALIASES);
    const { breaker = {}, clock = monotonicClock } = options;
    this.#settingsFor =
      typeof breaker === 'function' ? byKey(breaker) : always(checkBreakerOptions(breaker, 'breaker'));
    this.#maxKeys = checkNumber(at('', 'maxKeys'), given['maxKeys'], POSITIVE_INTEGER, REGISTRY_DEFAULTS.maxKeys);
    this.#idleMs = checkNumber(at('', 'idleMs'), given['idleMs'], POSITIVE_MS, REGISTRY_DEFAULTS.idleMs);
    this.#clock = checkClock(clock);
    this.#newcomers = new OpenNewcomers(Math.floor(this.#maxKeys / 2), breaker => this.#isOpenNewcomer(breaker));
    // Subscribed first and at once, so that the circuits that open first are the ones that stay.
    this.#events.subscribe(event => void (event.type === 'transition' && this.#moved(event)), 'transition');
  }

  /** Where its breakers' time comes from. */
  get clock(): Required<Clock> {
    return this.#clock;
  }

  /** The number of breakers held. */
  get size(): number {
    return this.#breakers.size;
  }

  /** The breaker of `key`, made now if there is none. When the registry is full of others that must stay, it is not kept. */
  get(key: string): CircuitBreaker {
    const known = this.#breakers.get(key);
    const now = this.#clock.now();
    if (!known) return this.#add(key, now);
    if (now - this.#sweptAt >= SWEEP.everyMs) this.#sweep(SWEEP.known, now, known);
    return known;
  }

  /** The breaker of `key` if there is one. Makes nothing. */
  peek(key: string): CircuitBreaker | undefined {
    return this.#breakers.get(key);
  }

  /** Whether the registry holds `breaker`. One that it does not hold is forgotten with its last reference. */
  keeps(breaker: CircuitBreaker): boolean {
    return this.#breakers.get(breaker.key) === breaker;
  }

  /** What has been counted since the registry was made. Reading it changes nothing. */
  metrics(): RegistryMetrics {
    return { kept: this.size, notKept: this.#notKept, evicted: this.#evicted };
  }

  /** Why the circuit of `key` is open, or how near it is; undefined where there is none. Reading it changes nothing. */
  explain(key: string): Explanation | undefined {
    return this.#breakers.get(key)?.explain();
  }

  /** Forgets the breaker of `key`, whatever its state. */
  delete(key: string): boolean {
    return this.#breakers.delete(key);
  }

  [Symbol.iterator](): IterableIterator<CircuitBreaker> {
    return this.#breakers.values();
  }

  /** The circuits that are not closed and clean, as JSON. Reading them changes nothing. */
  snapshot(): RegistrySnapshot {
    const all = [...this.#breakers.values()].map(breaker => breaker.snapshot());
    return { takenAt: Date.now(), breakers: all.filter(({ state, failures }) => state !== 'closed' || failures > 0) };
  }

  /** Goes on from a snapshot; other keys stay as they are. @throws TypeError or RangeError; then nothing is changed. */
  restore(snapshot: RegistrySnapshot): void {
    for (const each of checkRegistrySnapshot(snapshot)) {
      const breaker = this.get(each.key);
      this.#restored.add(breaker);
      breaker.restore(each);
    }
  }

  /** Calls `listener` with the events of every breaker, and of the registry itself; or with transitions `only`. */
  subscribe(listener: (event: BreakerEvent) => void, only?: 'transition'): () => void {
    return this.#events.subscribe(listener, only);
  }

  #add(key: string, now: number): CircuitBreaker {
    const breaker = this.#make(key);
    if (this.#hasRoom(now)) {
      this.#breakers.set(key, breaker);
      return breaker;
    }
    this.#notKept += 1;
    if (this.#events.active) this.#events.emit({ type: 'registry-full', key, at: now });
    return breaker;
  }

  #make(key: string): CircuitBreaker {
    if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${show(key)}`);
    const settings = this.#settingsFor(key);
    return new CircuitBreaker(NO_OPTIONS, {
      key,
      clock: this.#clock,
      random: Math.random,
      settings,
      parent: this.#events,
    });
  }

  /** One kind of look, not both: two that share the cursor in a fixed rhythm would leave some breakers to one of them. */
  #hasRoom(now: number): boolean {
    if (this.#breakers.size >= this.#maxKeys) return this.#evict(now);
    this.#sweep(SWEEP.unknown, now);
    return true;
  }

  /** Drops idle breakers among the next few, so that all are looked at in turn without a timer. */
  #sweep(count: number, now: number, inUse?: CircuitBreaker): void {
    this.#sweptAt = now;
    for (const breaker of this.#next(count)) {
      const idle = breaker.evictionInfo(now);
      if (breaker !== inUse && idle.idleMs > this.#idleMs && isEvictable(breaker, idle))
        this.#breakers.delete(breaker.key);
    }
  }

  /** Makes room for one by dropping the least needed among the next few. */
  #evict(now: number): boolean {
    let least: { breaker: CircuitBreaker; rank: Rank } | undefined;
    for (const breaker of this.#next(EVICTION_LOOKS)) {
      const rank = this.#rankOf(breaker, now);
      if (rank && (!least || isBelow(rank, least.rank))) least = { breaker, rank };
    }
    if (!least) return false;
    this.#evicted += 1;
    return this.#breakers.delete(least.breaker.key);
  }

  /** Undefined for what must stay. A circuit past its open deadline shows as half-open. */
  #rankOf(breaker: CircuitBreaker, now: number): Rank | undefined {
    const current = breaker.evictionInfo(now);
    const { state, evidence, idleMs, inFlight } = current;
    if (inFlight > 0 || state === 'isolated' || isRetained(breaker)) return undefined;
    const known = this.#isKnown(breaker, current);
    if (known && (state === 'open' || idleMs <= this.#idleMs)) return undefined;
    if (state === 'open') return this.#newcomers.keeps(breaker) ? undefined : { category: SURPLUS, idleMs };
    const category = state === 'half-open' ? 2 : { none: 0, expired: 1, live: 3 }[evidence];
    return { category, idleMs };
  }

  #moved({ key, to }: TransitionEvent): void {
    const breaker = to === 'open' ? this.#breakers.get(key) : undefined;
    if (breaker && this.#isOpenNewcomer(breaker)) this.#newcomers.keeps(breaker);
  }

  #isOpenNewcomer(breaker: CircuitBreaker): boolean {
    const current = breaker.evictionInfo(this.#clock.now());
    return this.keeps(breaker) && current.state === 'open' && !this.#isKnown(breaker, current);
  }

  #isKnown(breaker: CircuitBreaker, { succeeded }: EvictionInfo): boolean {
    return succeeded >= KNOWN_ANSWERS || this.#restored.has(breaker);
  }

  /** The next `count` breakers, going round; each at most once. */
  *#next(count: number): Generator<CircuitBreaker> {
    let wrapped = false;
    for (let left = Math.min(count, this.#breakers.size); left > 0; left--) {
      this.#cursor ??= this.#breakers.values();
      let step = this.#cursor.next();
      if (step.done) {
        if (wrapped) return;
        wrapped = true;
        this.#cursor = this.#breakers.values();
        step = this.#cursor.next();
        if (step.done) return;
      }
      yield step.value;
    }
  }
}

const NO_OPTIONS = {};

/** The same options object makes the same settings, which a thousand breakers share. */
function byKey(optionsFor: (key: string) => BreakerOptions): (key: string) => ResolvedOptions {
  const checked = new WeakMap<BreakerOptions, ResolvedOptions>();
  return key => {
    const options = checkedAnswer(optionsFor(key));
    const settings = checked.get(options) ?? checkBreakerOptions(options, 'breaker');
    checked.set(options, settings);
    return settings;
  };
}

function checkedAnswer(options: BreakerOptions): BreakerOptions {
  handleRejection(options);
  if (typeof options === 'object' && options !== null && !isThenable(options)) return options;
  const got = isThenable(options) ? 'a promise: it must answer at once' : show(options);
  throw new TypeError(`breaker must return an object of options, got ${got}`);
}

function always<T>(value: T): () => T {
  return () => value;
}

/** Sorts first by category, then by idleness: the lower goes first. */
interface Rank {
  readonly category: number;
  readonly idleMs: number;
}

function isBelow(a: Rank, b: Rank): boolean {
  return a.category === b.category ? a.idleMs > b.idleMs : a.category < b.category;
}

function isEvictable(breaker: CircuitBreaker, { state, inFlight }: EvictionInfo): boolean {
  return inFlight === 0 && state !== 'isolated' && state !== 'open' && !isRetained(breaker);
}
