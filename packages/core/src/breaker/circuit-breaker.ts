/** The circuit breaker: admits calls, or refuses them while the host is down. */

import type { BreakerState, RefusalReason } from '../common/breaker-state.ts';
import { checkFunction, notCallable, show } from '../common/check.ts';
import { CircuitOpenError, isRefusal, type Refusal } from '../common/circuit-open-error.ts';
import { type Clock, monotonicClock } from '../common/clock.ts';
import { type BreakerEvent, type EventHub, SILENT } from '../common/events.ts';
import { checkClock, reliableRandom } from '../common/reliable.ts';
import type { AbortSignalLike } from '../common/signal.ts';
import type { Evidence } from '../trip/period-counter.ts';
import { CallResults } from './call-results.ts';
import { type ExecuteOptions, execute, type GuardedCall, guard } from './execute.ts';
import { type Explanation, withSummary } from './explanation.ts';
import { type BreakerMetrics, metricsOf } from './metrics.ts';
import { longestOpenMs } from './open-duration.ts';
import { type BreakerOptions, checkBreakerOptions, type ResolvedOptions } from './options.ts';
import { CallPermit, type Permit, UNCOUNTED } from './permit.ts';
import { restoredState, savedState } from './saved-state.ts';
import { type BreakerSnapshot, checkSnapshot, clampSnapshot, elapsedMs } from './snapshot.ts';

export interface BreakerIdentity {
  /** Names the breaker in errors and events: an origin, for HTTP. @default 'default' */
  readonly key?: string;
  /**
   * Drives every time but that of a snapshot, which two processes must agree on: that is `Date.now()`. Without `setTimer` the
   * platform's timers are used.
   * @default `performance.now()` and `setTimeout()`
   */
  readonly clock?: Clock;
  /** A source of numbers in [0, 1), for jitter in `openDurationMs`. @default Math.random */
  readonly random?: () => number;
}

/** What decides whether a breaker may be evicted. */
export interface EvictionInfo {
  readonly state: BreakerState;
  /** Calls admitted and not yet answered. */
  readonly inFlight: number;
  /** Milliseconds since the last call. */
  readonly idleMs: number;
  /** Failures of the present closed period: none, too old to count, or live. */
  readonly evidence: Evidence;
  /** Calls that were answered well, since the breaker was made. */
  readonly succeeded: number;
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
  readonly #results: CallResults;
  /** In whole milliseconds. Undefined: untimed calls were admitted since {@link evictionInfo} was read. */
  #lastUsedAt: number | undefined;

  /** `made`: what the registry has checked for all of its breakers. */
  constructor(options: BreakerOptions & BreakerIdentity = {}, made?: CheckedBreaker) {
    const { key, clock, random, settings, parent = SILENT } = made ?? checkBreaker(options);
    this.#results = new CallResults(key, clock, random, settings, parent);
    this.#lastUsedAt = Math.floor(clock.now());
  }

  get key(): string {
    return this.#results.key;
  }

  /** Where its time comes from: what belongs to its key can go by the same. */
  get clock(): Required<Clock> {
    return this.#results.clock;
  }

  /** The state as of now. Reading it changes nothing. */
  get state(): BreakerState {
    return this.#results.machine.viewAt(this.#results.clock.now()).name;
  }

  /** Whether it is open by failures or by hand, and would refuse a call now. Reading it changes nothing. */
  get refusing(): boolean {
    const { state } = this;
    return this.#results.machine.settings.mode === 'enforce' && (state === 'open' || state === 'isolated');
  }

  /** Admits a call. @throws CircuitOpenError when it may not run. */
  acquire(): Permit {
    const permit = this.tryAcquire();
    if (isRefusal(permit)) throw permit;
    return permit;
  }

  /**
   * Admits a call, or returns the refusal, for callers that must not throw.
   *
   * @param now The time on {@link clock}, for callers that have just read it. @default reads the clock
   */
  tryAcquire(now?: number): Permit | CircuitOpenError {
    const answer = this.#request(now);
    return 'success' in answer ? answer : new CircuitOpenError(answer);
  }

  /**
   * Runs `call` if the circuit admits it. Always returns a promise, also when `call` throws at once. A rejection that is a
   * refusal of this suite, or a shortage of this machine, is ignored: nothing reached the host.
   *
   * @throws CircuitOpenError when refused and there is no `fallback`; TypeError for a `call` that is no function and for
   * options that are not known, which count for nothing; otherwise whatever `call` throws.
   */
  execute<T, S extends AbortSignalLike = AbortSignalLike>(
    call: GuardedCall<T, S>,
    options?: ExecuteOptions<T, S>,
  ): Promise<T> {
    if (typeof call !== 'function') return Promise.reject(notCallable('call', call));
    if (options !== undefined) return execute(this, call, options);
    const results = this.#results;
    const fastPath = results.events.active ? undefined : (results.directPath ?? results.fastPath);
    if (!fastPath) {
      // The error is made here: a stack costs by its depth, and most of what a refusal costs is its stack.
      const answer = this.#request();
      return 'success' in answer ? guard(answer, call) : Promise.reject(new CircuitOpenError(answer));
    }
    this.#lastUsedAt = undefined;
    return fastPath.run(call);
  }

  /**
   * The decorator form: a function like `fn` whose calls this breaker guards. `this` and arguments are handed on.
   *
   * @throws TypeError for an `fn` that is no function.
   */
  wrap<This, A extends unknown[], R>(
    fn: (this: This, ...args: A) => R | PromiseLike<R>,
  ): (this: This, ...args: A) => Promise<R> {
    if (typeof fn !== 'function') throw notCallable('fn', fn);
    const { execute } = this;
    const breaker = this;
    return function (this: This, ...args: A): Promise<R> {
      return execute.call(breaker, () => fn.apply(this, args)) as Promise<R>;
    };
  }

  /** Holds the circuit open by hand until {@link release}. */
  isolate(): void {
    this.#results.machine.isolate(this.#interrupt());
  }

  /** Ends {@link isolate}: closed, with empty counts. Does nothing in any other state. */
  release(): void {
    this.#results.machine.release(this.#interrupt());
  }

  /** Closed, with counts and every earlier deadline forgotten. Answers of calls in flight are dropped. */
  reset(): void {
    this.#results.machine.reset(this.#interrupt());
  }

  /**
   * Other options from now on, complete as if for a new breaker. The state, its deadline and the counts that still fit
   * are kept.
   *
   * @throws TypeError or RangeError for bad options; then nothing is changed.
   */
  reconfigure(options: BreakerOptions): void {
    const settings = checkBreakerOptions(options);
    this.#results.machine.reconfigure(settings, this.#interrupt());
  }

  /** The circuit as JSON, for {@link restore} in another process. Reading it changes nothing. */
  snapshot(): BreakerSnapshot {
    const now = this.#results.clock.now();
    return { key: this.key, takenAt: Date.now(), ...savedState(this.#results.machine.viewAt(now), now) };
  }

  /**
   * Goes on from a snapshot: an open circuit stays open for the rest of its time, less what has passed by the wall clock.
   * It is clamped to what this breaker can come to: `openDurationMs`, and at least 5 minutes, as a server may request; a day
   * where `openDurationMs` is a function.
   *
   * @throws TypeError or RangeError for anything but a snapshot of this key; then nothing is changed.
   */
  restore(snapshot: BreakerSnapshot): void {
    const checked = checkSnapshot(snapshot);
    if (checked.key !== this.key)
      throw new RangeError(`snapshot.key must be ${show(this.key)}, got ${show(checked.key)}`);
    const now = this.#interrupt();
    const { machine } = this.#results;
    const clamped = clampSnapshot(checked, longestOpenMs(machine.settings.openDurationMs));
    const elapsed = elapsedMs(clamped, Date.now());
    machine.restore(restoredState(clamped, elapsed, now, machine.newClosed.bind(machine)), now);
  }

  /** Why the circuit is open, or how near it is: as data and as one line. Changes nothing. */
  explain(): Explanation {
    return withSummary(this.key, this.#results.machine.explain(this.#results.clock.now()));
  }

  /** What has been counted since the breaker was made, and the state as of now. Reading it changes nothing. */
  metrics(): BreakerMetrics {
    return metricsOf(this.#results, this.#results.clock.now());
  }

  /**
   * Calls `listener` with every event, in order, after the state is final. What it throws is reported once.
   * Returns the function that ends the subscription.
   *
   * @param only `'transition'`: these alone, which leaves calls on their fast path.
   */
  subscribe(listener: (event: BreakerEvent) => void, only?: 'transition'): () => void {
    return this.#results.ownEvents().subscribe(listener, only);
  }

  /** For the registry: whether this breaker may be evicted. Marks the end of untimed calls as now. */
  evictionInfo(now: number): EvictionInfo {
    this.#lastUsedAt ??= Math.floor(now);
    const { machine, inFlight, succeeded } = this.#results;
    return {
      state: machine.viewAt(now).name,
      inFlight,
      succeeded,
      idleMs: now - this.#lastUsedAt,
      evidence: machine.evidence(now),
    };
  }

  #request(at?: number): Permit | Refusal {
    const { mode } = this.#results.machine.settings;
    if (mode === 'off') return UNCOUNTED;
    const now = this.#advance(at);
    this.#lastUsedAt = Math.floor(now);
    const reason = this.#results.machine.refuses(now);
    if (reason === undefined) return this.#admit(now);
    if (mode === 'enforce') return this.#refusal(reason, now);
    this.#emitRejection(reason, now);
    return UNCOUNTED;
  }

  #admit(now: number): Permit {
    const permit = new CallPermit(this.#results, this.#results.machine.state, now);
    this.#results.machine.enter(permit);
    this.#results.admitted += 1;
    return permit;
  }

  #refusal(reason: RefusalReason, now: number): Refusal {
    const { state } = this.#results.machine;
    const cause = 'opening' in state ? state.opening.cause : undefined;
    const retryAfterMs = this.#emitRejection(reason, now);
    return { key: this.key, state: state.name, reason, retryAfterMs, cause };
  }

  #emitRejection(reason: RefusalReason, at: number): number {
    const { machine, events } = this.#results;
    const retryAfterMs = machine.retryAfterMs(at);
    this.#results.rejected += 1;
    if (events.active)
      events.emit({ type: 'rejected', key: this.key, state: machine.state.name, reason, at, retryAfterMs });
    return retryAfterMs;
  }

  /** Before a change by hand. */
  #interrupt(): number {
    this.#results.directPath = undefined;
    return this.#advance();
  }

  #advance(now: number = this.#results.clock.now()): number {
    this.#results.machine.advance(now);
    return now;
  }
}

/** What a breaker is made of, checked. */
export interface CheckedBreaker extends Required<BreakerIdentity> {
  readonly clock: Required<Clock>;
  readonly settings: ResolvedOptions;
  /** Also receives the breaker's events. */
  readonly parent?: EventHub<BreakerEvent>;
}

function checkBreaker(options: BreakerOptions & BreakerIdentity): CheckedBreaker {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`options must be an object, got ${show(options)}`);
  const { key = 'default', clock = monotonicClock, random = Math.random, ...rest } = options;
  if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${show(key)}`);
  checkFunction('random', random);
  return {
    key,
    clock: checkClock(clock),
    random: reliableRandom(random),
    settings: checkBreakerOptions(rest),
  };
}
