/** A policy: one set of rules and one set of circuits, behind any number of adapters. */

import {
  type BreakerOptions,
  BreakerRegistry,
  type CircuitBreaker,
  type Explanation,
  type RegistrySnapshot,
} from '@cutout/core';
import { copyOptions, EventHub, show } from '@cutout/core/internal';
import { type Attempt, type Sender, senderOf } from '../call/attempt.ts';
import { CallContext, type PolicyParts } from '../call/call-context.ts';
import { CallMachine } from '../call/call-machine.ts';
import { isGuardedBy, isNested, isNestingSeen, runAsOuter } from '../call/nesting.ts';
import { drive } from '../call/promise-driver.ts';
import type { FallbackAdapter } from '../fallback/fallback.ts';
import type { HttpEvent } from '../observe/events.ts';
import { type KeyMetrics, metricsOfKey, type PolicyMetrics } from '../observe/metrics.ts';
import { type HttpObserver, Observers } from '../observe/observer.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { CallAnswers } from '../strategy/call-answers.ts';
import { checkStale } from '../strategy/check-strategy.ts';
import { type AnswerAdapter, PromiseAnswers } from '../strategy/promise-answers.ts';
import { type SharedState, shareState } from '../strategy/shared-state.ts';
import type { Strategy } from '../strategy/strategy.ts';
import { type CircuitTarget, keyOfTarget, type Naming, requireKey } from './circuit-target.ts';
import { HostOptions, hostTableOf, NO_OVERRIDES } from './host-options.ts';
import { type HostTable, pathOf } from './host-table.ts';
import { keyOf } from './key.ts';
import { KeyShares } from './key-shares.ts';
import { KeyState } from './key-state.ts';
import type { HttpCallOptions, HttpPolicyOptions } from './options.ts';

/** How an adapter has its calls answered where the host does not. */
export type CallAdapter<T> = FallbackAdapter & Partial<AnswerAdapter<T>>;

export interface HttpPolicy {
  readonly name: string | undefined;
  /** The breakers, by key. */
  readonly registry: BreakerRegistry;
  /**
   * Runs one call: attempts under permits, verdicts, waits. Rejects with a `CircuitOpenError`, the client's own error,
   * or the reason of the caller's abort. Bad `call` options reject before anything is sent. `adapter` defines what that adapter
   * accepts as a fallback's answer, and may have a fallback of its own.
   */
  run<T>(
    request: HttpRequest,
    attempt: Attempt<T> | Sender<T>,
    call?: HttpCallOptions,
    adapter?: CallAdapter<T>,
  ): Promise<T>;
  /** Whether any of its hosts has retries. */
  readonly mayRetry: boolean;
  /** Whether answers may be kept: for any host, or by this call. Then the whole request is to be described. */
  keepsAnswers(call?: HttpCallOptions): boolean;
  /** Those of the policy and of its hosts, without those that keep answers. */
  readonly strategies: readonly Strategy[];
  /** The same in single steps, for clients that are driven by events. @throws TypeError or RangeError for bad options. */
  begin(request: HttpRequest, call?: Exclude<HttpCallOptions, false>, adapter?: FallbackAdapter): CallMachine;
  /**
   * How the answers of such a call are kept and served; undefined where `keepsAnswers` is not so. To be called before
   * anything is sent.
   *
   * @param request The one that the answer is kept for. @default the call's
   */
  answers(call: CallMachine, request?: HttpRequest): CallAnswers | undefined;
  /** Whether to guard this request: its URL is absolute and HTTP, and no other adapter guards the call. */
  guards(request: HttpRequest): boolean;
  /** Whether this policy may retry a request. @throws TypeError or RangeError for bad options. */
  retries(request: HttpRequest, call?: HttpCallOptions): boolean;
  /**
   * The breaker that calls to a URL or origin use, or that of a key, known or as `{ key }`.
   *
   * @throws TypeError for a text that names no circuit: a host without its scheme, or, under a `key` function, anything
   * but a key that a call has used. So nothing done by hand is lost on a circuit that no call uses.
   */
  breaker(target: CircuitTarget): CircuitBreaker;
  /**
   * Why such a circuit is open, or how near it is; undefined where there is none. Changes nothing.
   *
   * @throws TypeError for a text that cannot name one.
   */
  explain(target: CircuitTarget): Explanation | undefined;
  /** Closes such a circuit, or all of them. @throws TypeError as `breaker` does. */
  reset(target?: CircuitTarget): void;
  /** The circuits as JSON, for {@link restore} in another process. */
  snapshot(): RegistrySnapshot;
  /** Goes on from a snapshot. @throws TypeError or RangeError for anything else; then nothing is changed. */
  restore(snapshot: RegistrySnapshot): void;
  /** The counts of each key. Costs nothing until it is read; reading changes nothing. */
  metrics(): PolicyMetrics;
  /** The same of one circuit; undefined where there is none. @throws TypeError for a text that cannot name one. */
  metricsOf(target: CircuitTarget): KeyMetrics | undefined;
  /** Whether `hosts` names the key as such, and not by a `*`. */
  isNamed(key: string): boolean;
  /** Calls `observer` as calls and attempts begin and end. Returns the function that ends it. */
  observe(observer: HttpObserver): () => void;
  /**
   * Calls `listener` with every event of the breakers and the policy. Returns the function that ends the subscription.
   *
   * @param only `'transition'`: these alone, without overhead for the calls.
   */
  subscribe(listener: (event: HttpEvent) => void, only?: 'transition'): () => void;
}

/**
 * Builds a policy. Pass it wherever options are taken, to share circuits between adapters.
 *
 * @example
 * const policy = createHttpPolicy({ attemptTimeoutMs: 5_000, failureStatus: ['5xx', 429] });
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value; the message names the path.
 */
export function createHttpPolicy(options: HttpPolicyOptions = {}): HttpPolicy {
  return new Policy(options);
}

/** Whether `value` is a policy, not options for one. Tests its shape, so that two copies of this package mix. */
export function isHttpPolicy(value: unknown): value is HttpPolicy {
  const { run, begin } = (value ?? {}) as Partial<HttpPolicy>;
  return typeof run === 'function' && typeof begin === 'function';
}

class Policy implements HttpPolicy {
  readonly name: string | undefined;
  readonly registry: BreakerRegistry;
  readonly #options: HttpPolicyOptions;
  /** The rules of hosts that no entry of `hosts` names. */
  readonly #host: HostOptions;
  readonly #hosts: HostTable<HostOptions> | undefined;
  readonly #entries = new WeakMap<CircuitBreaker, KeyState>();
  readonly #sharesOfUnregistered = new KeyShares('_other');
  readonly #events = new EventHub<HttpEvent>();
  /** Undefined until a strategy comes: with the options, or with a call. */
  #stale: SharedState | undefined;
  #forwarding: 'all' | 'transition' | undefined;
  #stopForwarding: (() => void) | undefined;
  readonly #observers = new Observers();
  readonly #parts: PolicyParts;

  constructor(options: HttpPolicyOptions) {
    this.#options = copyOptions(options, ['bulkhead', 'hedge', 'stale', 'strategies', 'trip']);
    this.#host = new HostOptions(this.#options);
    this.#hosts = hostTableOf(this.#options);
    this.name = options.name;
    this.registry = options.registry ?? new BreakerRegistry({ breaker: this.#breakerOptions() });
    this.#stale = staleOf(this.#options, this.registry);
    this.#parts = {
      events: this.#events,
      observers: this.#observers,
      entryFor: (request, key) => this.#entryOf(this.registry.get(key ?? this.#keyOf(request))),
    };
  }

  get strategies(): readonly Strategy[] {
    const groups = [this.#options, ...Object.values(this.#options.hosts ?? {})];
    const all = groups.flatMap(({ bulkhead, hedge, strategies = [] }) => [...strategies, bulkhead, hedge]);
    return all.filter(strategy => strategy !== undefined && strategy !== false);
  }

  get mayRetry(): boolean {
    const { retry, hosts = {} } = this.#options;
    return retry !== false || Object.values(hosts).some(host => Boolean(host.retry));
  }

  keepsAnswers(call?: HttpCallOptions): boolean {
    return this.#stale !== undefined || (call !== false && Boolean(call?.stale));
  }

  run<T>(
    request: HttpRequest,
    attempt: Attempt<T> | Sender<T>,
    call?: HttpCallOptions,
    adapter?: CallAdapter<T>,
  ): Promise<T> {
    try {
      return this.#run(request, senderOf(attempt), call, adapter);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #run<T>(request: HttpRequest, sender: Sender<T>, call?: HttpCallOptions, adapter?: CallAdapter<T>): Promise<T> {
    if (call === false) return runAsOuter(undefined, () => bypass(request, sender));
    if (isNestingSeen() && isGuardedBy(keyOf('origin', request))) return bypass(request, sender);
    // The client reports the abort itself: nothing is sent, and no permit is needed.
    if (isAborted(request.signal)) return runAsOuter(undefined, () => bypass(request, sender));
    const begun = this.begin(request, call, adapter);
    const kept = this.answers(begun);
    if (!kept) return drive(begun, sender);
    const answers = new PromiseAnswers(kept, request.url, adapter);
    begun.replacements.keep(answers);
    return drive(begun, sender, result => answers.keep(result));
  }

  answers(call: CallMachine, request: HttpRequest = call.target.request): CallAnswers | undefined {
    try {
      return this.#stale && new CallAnswers(call, request, this.#stale, this.#events);
    } catch (error) {
      call.end();
      throw error;
    }
  }

  begin(
    request: HttpRequest,
    call: Exclude<HttpCallOptions, false> = NO_OVERRIDES,
    adapter?: FallbackAdapter,
  ): CallMachine {
    const once = isNestingSeen() && isNested();
    const stale = call.stale && checkStale('cutout.stale', call.stale);
    if (stale) this.#stale = shareState(this.#stale, stale, 'cutout.stale', { clock: this.registry.clock });
    return new CallMachine(new CallContext(this.#parts, call, adapter, once), request);
  }

  #keyOf(request: HttpRequest): string {
    const key = keyOf(this.#options.key ?? 'origin', request);
    if (key === undefined) throw new TypeError(`url must be absolute and http or https, got ${show(request.url)}`);
    return key;
  }

  guards(request: HttpRequest): boolean {
    const origin = keyOf('origin', request);
    return origin !== undefined && !(isNestingSeen() && isGuardedBy(origin));
  }

  retries(request: HttpRequest, call: HttpCallOptions = NO_OVERRIDES): boolean {
    if (call === false || isNested()) return false;
    const entry = this.#entryOf(this.registry.get(call.key ?? this.#keyOf(request)));
    return entry.settingsOf(call).retry !== undefined;
  }

  explain(target: CircuitTarget): Explanation | undefined {
    return this.#peek(target)?.explain();
  }

  breaker(target: CircuitTarget): CircuitBreaker {
    return this.registry.get(requireKey(target, this.#naming));
  }

  reset(target?: CircuitTarget): void {
    if (target === undefined) for (const breaker of this.registry) breaker.reset();
    else this.registry.peek(requireKey(target, this.#naming))?.reset();
  }

  snapshot(): RegistrySnapshot {
    return this.registry.snapshot();
  }

  restore(snapshot: RegistrySnapshot): void {
    this.registry.restore(snapshot);
  }

  metrics(): PolicyMetrics {
    const keys = [...this.registry].map(breaker => metricsOfKey(this.#entryOf(breaker)));
    return { name: this.name, at: Date.now(), keys };
  }

  metricsOf(target: CircuitTarget): KeyMetrics | undefined {
    const breaker = this.#peek(target);
    return breaker && metricsOfKey(this.#entryOf(breaker));
  }

  isNamed(key: string): boolean {
    return this.#hosts?.names(key) ?? false;
  }

  observe(observer: HttpObserver): () => void {
    return this.#observers.add(observer);
  }

  subscribe(listener: (event: HttpEvent) => void, only?: 'transition'): () => void {
    const stop = this.#events.subscribe(listener, only);
    this.#forward();
    return () => {
      stop();
      this.#forward();
    };
  }

  /** The breakers' events come through the same hub, so that all have one order and one report of a bad listener. */
  #forward(): void {
    const { active, hasListeners } = this.#events;
    const wanted = active ? 'all' : hasListeners ? 'transition' : undefined;
    if (wanted === this.#forwarding) return;
    this.#stopForwarding?.();
    this.#forwarding = wanted;
    const only = wanted === 'all' ? undefined : wanted;
    this.#stopForwarding = wanted && this.registry.subscribe(event => this.#events.emit(event), only);
  }

  #peek(target: CircuitTarget): CircuitBreaker | undefined {
    const key = keyOfTarget(target, this.#naming);
    return key === undefined ? undefined : this.registry.peek(key);
  }

  get #naming(): Naming {
    return { option: this.#options.key ?? 'origin', isKnown: key => this.registry.peek(key) !== undefined };
  }

  #breakerOptions(): BreakerOptions | ((key: string) => BreakerOptions) {
    const hosts = this.#hosts;
    return hosts ? key => (hosts.find(key) ?? this.#host).breaker : this.#host.breaker;
  }

  #entryOf(breaker: CircuitBreaker): KeyState {
    let entry = this.#entries.get(breaker);
    if (!entry) {
      const { key } = breaker;
      // A budget of its own for each call would be none at all, and so would a bulkhead.
      const shares = this.registry.keeps(breaker) ? new KeyShares(key) : this.#sharesOfUnregistered;
      entry = new KeyState(breaker, this.registry.clock, this.#hosts?.find(key) ?? this.#host, shares);
      this.#entries.set(breaker, entry);
    }
    return entry;
  }
}

/** One state for all hosts. The options have been checked. */
function staleOf({ stale, hosts = {} }: HttpPolicyOptions, { clock }: BreakerRegistry): SharedState | undefined {
  let shared = stale ? shareState(undefined, stale, 'stale', { clock }) : undefined;
  for (const [name, host] of Object.entries(hosts)) {
    if (host.stale) shared = shareState(shared, host.stale, `${pathOf(name)}.stale`, { clock });
  }
  return shared;
}

async function bypass<T>({ signal }: HttpRequest, sender: Sender<T>): Promise<T> {
  const context = { attempt: 1, timeLeftMs: Number.POSITIVE_INFINITY, ...(signal ? { signal } : {}) };
  return sender.resultOf(await sender.send(context)).value;
}
