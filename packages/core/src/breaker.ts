/** The circuit breaker: admits calls, or refuses them while the host is down. */

import { checkFunction, show } from './check.ts';
import { CircuitOpenError, isRefusal } from './circuit-open-error.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { type BreakerEvent, EventHub, type TransitionEvent } from './events.ts';
import { type AbortSignalLike, type ExecuteOptions, execute, type GuardedCall } from './execute.ts';
import { CallPermit, type Permit, UNCOUNTED } from './permit.ts';
import { Recorder } from './recorder.ts';
import { type BreakerOptions, checkBreakerOptions, type Settings } from './settings.ts';
import { type BreakerSnapshot, checkSnapshot, elapsedMs } from './snapshot.ts';
import { StateMachine, type Transition } from './state.ts';
import type { BreakerState } from './states.ts';
import type { Evidence } from './trip.ts';

export interface BreakerIdentity {
  /** Names the breaker in errors and events: an origin, for HTTP. @default 'default' */
  readonly key?: string;
  /** @default `performance.now()` */
  readonly clock?: Clock;
  /** A source of numbers in [0, 1), for jitter in `openDurationMs`. @default Math.random */
  readonly random?: () => number;
}

/** Whether a breaker may be dropped. */
export interface Standing {
  readonly state: BreakerState;
  /** Calls admitted and not yet answered. */
  readonly inFlight: number;
  /** Milliseconds since the last call asked to be admitted. */
  readonly idleMs: number;
  /** Failures of the present closed period: none, too old to count, or live. */
  readonly evidence: Evidence;
}

/**
 * One circuit. It holds no timer: deadlines are noticed by the next call, so that it needs no disposal.
 *
 * @example
 * const breaker = new CircuitBreaker({ key: 'billing', openDurationMs: 30_000 });
 * const invoice = await breaker.execute(() => billing.load(id));
 *
 * @throws TypeError or RangeError for bad options; {@link CircuitOpenError} from its calls while it is open.
 */
export class CircuitBreaker {
  readonly key: string;
  readonly #clock: Clock;
  #settings: Settings;
  readonly #events: EventHub<BreakerEvent>;
  readonly #machine: StateMachine;
  readonly #recorder: Recorder;
  #lastUsedAt: number;

  /** `parent` also hears this breaker's events; the registry gives it. */
  constructor(options: BreakerOptions & BreakerIdentity = {}, parent?: EventHub<BreakerEvent>) {
    if (typeof options !== 'object' || options === null)
      throw new TypeError(`options must be an object, got ${show(options)}`);
    const { key = 'default', clock = monotonicClock, random = Math.random, ...rest } = options;
    if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${show(key)}`);
    checkFunction('random', random);
    if (typeof clock?.now !== 'function') throw new TypeError(`clock must have a now(), got ${show(clock)}`);
    this.key = key;
    this.#clock = clock;
    this.#settings = checkBreakerOptions(rest);
    this.#events = new EventHub(parent);
    this.#machine = new StateMachine(this.#settings, { key, random, onTransition: this.#tellTransition.bind(this) });
    this.#recorder = new Recorder(key, clock, this.#machine, this.#events);
    this.#lastUsedAt = clock.now();
  }

  /** The state as of now. Reading it changes nothing. */
  get state(): BreakerState {
    return this.#machine.nameAt(this.#clock.now());
  }

  /** Whether it is open by failures or by hand, and would refuse a call now. Reading it changes nothing. */
  get refusing(): boolean {
    const { state } = this;
    return this.#settings.mode === 'enforce' && (state === 'open' || state === 'isolated');
  }

  /** Admits a call. @throws CircuitOpenError when it may not run. */
  acquire(): Permit {
    const permit = this.tryAcquire();
    if (isRefusal(permit)) throw permit;
    return permit;
  }

  /** Admits a call, or returns the refusal, for callers that must not throw. */
  tryAcquire(): Permit | CircuitOpenError {
    const { mode } = this.#settings;
    if (mode === 'off') return UNCOUNTED;
    const now = this.#clock.now();
    this.#lastUsedAt = now;
    this.#machine.advance(now);
    if (this.#machine.admits()) return this.#admit(now);
    const refusal = this.#refuse(now);
    return mode === 'shadow' ? UNCOUNTED : refusal;
  }

  /**
   * Runs `call` if the circuit admits it. Always returns a promise, also when `call` throws at once.
   *
   * @throws CircuitOpenError when refused and there is no `fallback`; otherwise whatever `call` throws.
   */
  execute<T, S extends AbortSignalLike = AbortSignalLike>(
    call: GuardedCall<T, S>,
    options: ExecuteOptions<T, S> = {},
  ): Promise<T> {
    return execute(this, call, options);
  }

  /** The decorator form: a function like `fn` whose calls this breaker guards. `this` and arguments are handed on. */
  wrap<This, A extends unknown[], R>(
    fn: (this: This, ...args: A) => R | PromiseLike<R>,
  ): (this: This, ...args: A) => Promise<R> {
    const { execute } = this;
    const breaker = this;
    return function (this: This, ...args: A): Promise<R> {
      return execute.call(breaker, () => fn.apply(this, args)) as Promise<R>;
    };
  }

  /** Holds the circuit open by hand until {@link release}. */
  isolate(): void {
    this.#machine.isolate(this.#advance());
  }

  /** Ends {@link isolate}: closed, with empty counts. Does nothing in any other state. */
  release(): void {
    this.#machine.release(this.#advance());
  }

  /** Closed, with counts and every earlier deadline forgotten. Answers of calls in flight are dropped. */
  reset(): void {
    this.#machine.reset(this.#advance());
  }

  /**
   * Other options from now on, complete as if for a new breaker. The state, its deadline and the counts that still fit
   * are kept.
   *
   * @throws TypeError or RangeError for bad options; then nothing is changed.
   */
  reconfigure(options: BreakerOptions): void {
    const settings = checkBreakerOptions(options);
    this.#machine.reconfigure(settings, this.#advance());
    this.#settings = settings;
  }

  /** The circuit as JSON, for {@link restore} in another process. Reading it changes nothing. */
  snapshot(): BreakerSnapshot {
    return { key: this.key, takenAt: Date.now(), ...this.#machine.saved(this.#clock.now()) };
  }

  /**
   * Goes on from a snapshot: an open circuit stays open for the rest of its time, less what has passed by the wall clock.
   *
   * @throws TypeError or RangeError for anything but a snapshot of this key; then nothing is changed.
   */
  restore(snapshot: BreakerSnapshot): void {
    const checked = checkSnapshot(snapshot);
    if (checked.key !== this.key)
      throw new RangeError(`snapshot.key must be ${show(this.key)}, got ${show(checked.key)}`);
    this.#machine.restore(checked, elapsedMs(checked, Date.now()), this.#advance());
  }

  /**
   * Tells `listener` every event, in order, after the state is final. What it throws is reported once and harms nobody.
   * Returns the function that ends the subscription.
   */
  subscribe(listener: (event: BreakerEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  /** What a registry must know before it may drop this breaker. Changes nothing. */
  standing(now: number): Standing {
    return {
      state: this.#machine.nameAt(now),
      inFlight: this.#recorder.inFlight,
      idleMs: now - this.#lastUsedAt,
      evidence: this.#machine.evidence(now),
    };
  }

  #admit(now: number): Permit {
    const permit = new CallPermit(this.#recorder, this.#machine.state, now);
    this.#machine.enter(permit);
    this.#recorder.inFlight += 1;
    return permit;
  }

  #refuse(now: number): CircuitOpenError {
    const state = this.#machine.state;
    if (state.name === 'closed') throw new Error('unreachable: a closed circuit admits every call');
    const cause = state.name === 'isolated' ? undefined : state.cause;
    const refusal = { key: this.key, state: state.name, retryAfterMs: this.#machine.retryAfterMs(now), cause };
    if (this.#events.active) {
      const { key, retryAfterMs } = refusal;
      this.#events.emit({ type: 'rejected', key, state: state.name, at: now, retryAfterMs });
    }
    return new CircuitOpenError(refusal);
  }

  #advance(): number {
    const now = this.#clock.now();
    this.#machine.advance(now);
    return now;
  }

  #tellTransition(transition: Transition): void {
    if (!this.#events.active) return;
    const { cause, ...rest } = transition;
    const event: TransitionEvent = { type: 'transition', key: this.key, ...rest, ...(cause ? { cause } : {}) };
    this.#events.emit(event);
  }
}
