/** One call through the policy: its attempts one after another, each with a permit, a verdict and a decision. */

import { type CircuitOpenError, monotonicClock } from '@cutout/core';
import { isRefusal, makeDisposable } from '@cutout/core/internal';
import { AttemptHeaders } from './attempt-headers.ts';
import type { BodyWatch } from './body-watch.ts';
import { BulkheadPlace, type PlaceRefusal } from './bulkhead-place.ts';
import { CallRecord } from './call-record.ts';
import { type FallbackDoor, LastResort, nearestFallback } from './fallback.ts';
import { Hedge, type HedgeOwner, hedgeAfterMs, isHedged } from './hedge.ts';
import { type HttpEvents, tellRetry, tellRetryRefused } from './http-events.ts';
import { type Judged, judge } from './judge.ts';
import type { KeyEntry } from './key-entry.ts';
import { Leg } from './leg.ts';
import type { Observers } from './observer.ts';
import type { HttpRules, Settings } from './options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { RetryPayment } from './retry-payment.ts';
import { retryPlan } from './retry-plan.ts';
import type { HttpVerdict } from './verdict.ts';

/** What follows from an attempt. */
export interface Decision {
  readonly verdict: HttpVerdict;
  /** Milliseconds to wait before the next attempt; undefined: there is none, this was the last word. */
  readonly retryInMs: number | undefined;
  /** Where the body is still to be read, or to be let go of before another attempt: tell it how that ended. */
  readonly body: BodyWatch | undefined;
}

export interface CallContext {
  /** Asked at each attempt: the registry may have made another breaker since, and a redirect may lead to another key. */
  readonly entryOf: (request: HttpRequest) => KeyEntry;
  readonly request: HttpRequest;
  /** The rules of a key, under what the call overrides. */
  readonly settingsOf: (entry: KeyEntry) => Settings;
  readonly events: HttpEvents;
  /** What the call overrides, and what its door adds. */
  readonly ownFallback: HttpRules['fallback'];
  readonly door: FallbackDoor | undefined;
  /** Whether any host has one: elsewhere no call asks. */
  readonly hasBulkheads: boolean;
  readonly observers: Observers;
}

/** Why an attempt was not made. */
export type AttemptRefusal = CircuitOpenError | PlaceRefusal;

/**
 * The steps of one call, for clients that are driven by events: `enter()`, `acquire()`, the attempt, `decide(outcome)`, and again
 * while that says so; `end()` in any case.
 */
export class HttpCall implements Disposable {
  declare readonly [Symbol.dispose]: () => void;
  readonly #context: CallContext;
  #request: HttpRequest;
  #attempt = 0;
  /** The request that the attempt ends with. */
  #leg = new Leg(false);
  #hedge: Hedge | undefined;
  /** The verdict that decided between two requests. */
  #judged: Judged | undefined;
  readonly #payment = new RetryPayment();
  #headers: AttemptHeaders | undefined;
  #entry: KeyEntry;
  #settings: Settings;
  readonly #lastResort: LastResort | undefined;
  readonly #record: CallRecord;
  /** When the time for the whole call is up: the first host's, whatever hosts the call is led to. */
  readonly #endsAt: number;

  constructor(context: CallContext) {
    this.#request = context.request;
    this.#context = context;
    this.#entry = context.entryOf(context.request);
    this.#settings = context.settingsOf(this.#entry);
    const { totalTimeoutMs, fallback } = this.#settings;
    const nearest = nearestFallback(context.ownFallback, context.door?.fallback, fallback);
    if (nearest) this.#lastResort = new LastResort(nearest, context);
    this.#record = new CallRecord(context.observers, this.#entry, context.request);
    this.#endsAt = Number.isFinite(totalTimeoutMs) ? monotonicClock.now() + totalTimeoutMs : totalTimeoutMs;
  }

  /** The rules for the host of the present attempt, or of its present hop. */
  get settings(): Settings {
    return this.#settings;
  }

  /** The key of its breaker. */
  get key(): string {
    return this.#entry.key;
  }

  /** All that the policy has of that key. */
  get entry(): KeyEntry {
    return this.#entry;
  }

  /** The request of the present attempt, or of its present hop. */
  get request(): HttpRequest {
    return this.#request;
  }

  /** Whether an attempt is under way: admitted, and not yet decided. */
  get running(): boolean {
    return this.#leg.isRunning;
  }

  /** The number of the present attempt, from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds left of the total. */
  get timeLeftMs(): number {
    return this.#endsAt === Number.POSITIVE_INFINITY ? this.#endsAt : this.#endsAt - monotonicClock.now();
  }

  /** What the present attempt is to be sent with beyond the caller's own headers. */
  get headers(): Readonly<Record<string, string>> | undefined {
    const { retry } = this.#settings;
    if (!retry?.idempotencyKey && retry?.attemptHeader === undefined) return undefined;
    this.#headers ??= new AttemptHeaders();
    return this.#headers.of(this.#attempt, this.#request, retry);
  }

  /**
   * Takes a place in the bulkhead, before `acquire` or `hop`: a call that waits must not hold a probe's place. Undefined
   * where there is no bulkhead or a place is free. A promise where there is a queue; it rejects with the reason of the
   * caller's abort. `end()` leaves the queue.
   */
  enter(request: HttpRequest = this.#request): AttemptRefusal | Promise<AttemptRefusal | undefined> | undefined {
    const { hasBulkheads, events } = this.#context;
    if (!hasBulkheads) return undefined;
    this.#release();
    this.#aimAt(request);
    const { bulkhead } = this.#settings;
    if (!bulkhead) return undefined;
    const refusal = this.#refusedAtOnce();
    if (refusal) return this.#refused(refusal);
    const place = new BulkheadPlace(this.#entry, bulkhead, this.#settings, events);
    this.#leg.takePlace(place);
    const entry = place.enter({ timeLeftMs: this.timeLeftMs, signal: this.#request.signal });
    return entry instanceof Promise ? entry.then(late => late && this.#refused(late)) : entry && this.#refused(entry);
  }

  /** Begins an attempt; returns the refusal where the circuit does not admit it. */
  acquire(request: HttpRequest = this.#request): CircuitOpenError | undefined {
    const refusal = this.#admit(request);
    if (refusal) return this.#refused(refusal);
    this.#attempt += 1;
    this.#payment.spend();
    if (this.#attempt === 1) this.#payment.deposit(this.#entry, this.#settings);
    this.#observe(this.#leg);
    return undefined;
  }

  /** Goes on with the present attempt at another URL, for clients that tell of each redirect. */
  hop(request: HttpRequest): CircuitOpenError | undefined {
    const refusal = this.#admit(request);
    if (refusal) return this.#refused(refusal);
    this.#observe(this.#leg);
    return undefined;
  }

  /** Sends the request of the present attempt, as whoever traces it wants it sent. */
  run<T>(send: () => T): T {
    return this.#leg.run(send);
  }

  /** A second request for the attempt that begins now, to be sent after a while; undefined where there is to be none. */
  hedge(): Hedge | undefined {
    const { hedge, attemptTimeoutMs } = this.#settings;
    if (!hedge || this.#attempt > 1 || !isHedged(this.#request, hedge)) return undefined;
    const afterMs = hedgeAfterMs(hedge, this.#entry.latencies);
    if (afterMs >= Math.min(attemptTimeoutMs, this.timeLeftMs)) return undefined;
    this.#hedge = new Hedge(afterMs, this.#hedgeOwner());
    return this.#hedge;
  }

  /**
   * Judges the attempt, tells the breaker, and decides what follows. `followed`: a redirect, which is not the call's end.
   *
   * @throws what the user's `classify` throws.
   */
  decide(outcome: HttpOutcome, followed = false): Decision {
    const judged = this.#judged ?? this.#judge(outcome);
    const { verdict } = judged;
    const body = this.#leg.tell(outcome, judged, this);
    this.#endHedge(outcome, verdict);
    const retryInMs = verdict.retry ? this.#retryInMs(outcome, verdict) : undefined;
    this.#record.attempted(this.#entry, outcome, verdict);
    if (retryInMs === undefined && !followed) this.#record.endBy(this.#entry, this.#attempt, verdict);
    return { verdict, retryInMs, body: this.#leg.vacate(outcome, judged, this, body) };
  }

  /** Whether there is a fallback. */
  get fallsBack(): boolean {
    return this.#lastResort !== undefined;
  }

  /**
   * Asks the fallback to answer in place of a failure that nothing follows, or of a refusal. Undefined where it does not:
   * there is none, the caller has aborted, or the call was made by a fallback for the same key. It says nothing about
   * the host. Rejects with what the fallback throws, or with a `HttpTimeoutError` when its time is up, `failure` as the
   * `cause`; or with the reason of an abort meanwhile.
   */
  fallBack(failure: unknown, refused: boolean): Promise<unknown> | undefined {
    const { totalTimeoutMs } = this.#settings;
    const limits = { totalTimeoutMs, timeLeftMs: this.timeLeftMs };
    return this.#lastResort?.ask(failure, { request: this.#request, refused }, this.#entry, limits);
  }

  /** Gives back what the call still holds. An attempt that was not decided says nothing about the host. */
  end(): void {
    this.#release();
    this.#payment.giveBack();
    this.#record.end(this.#entry, 'ignored');
  }

  static {
    makeDisposable(HttpCall.prototype, function () {
      this.end();
    });
  }

  #admit(request: HttpRequest): CircuitOpenError | undefined {
    this.#leg.releasePermit();
    // A place is in the bulkhead of this very breaker.
    if (!this.#leg.hasPlace) this.#aimAt(request);
    return this.#leg.admit(this.#entry.breaker);
  }

  #observe(leg: Leg): void {
    const { observers } = this.#context;
    if (!observers.active) return;
    const started = { key: this.key, request: this.#request, attempt: this.#attempt, isHedge: leg.isHedge };
    leg.observe(observers.attempt(started));
  }

  #aimAt(request: HttpRequest): void {
    if (this.#attempt > 0 || request !== this.#request) this.#moveTo(this.#context.entryOf(request));
    this.#request = request;
  }

  #moveTo(entry: KeyEntry): void {
    if (entry === this.#entry) return;
    this.#entry = entry;
    this.#settings = this.#context.settingsOf(entry);
  }

  #release(): void {
    this.#leg.release();
    this.#hedge?.release();
  }

  /** Nothing is sent: what was paid for another attempt is given back. */
  #refused<R extends AttemptRefusal>(refusal: R): R {
    this.#leg.leave();
    this.#payment.giveBack();
    this.#context.observers.refused({ key: this.key, request: this.#request, error: refusal });
    // What was refused later has failed before.
    this.#record.end(this.#entry, this.#attempt > 0 ? 'failed' : isRefusal(refusal) ? 'refused' : 'full');
    return refusal;
  }

  /** Nobody queues for a circuit that is open. */
  #refusedAtOnce(): CircuitOpenError | undefined {
    const { breaker } = this.#entry;
    if (!breaker.refusing) return undefined;
    const permit = breaker.tryAcquire();
    if (isRefusal(permit)) return permit;
    permit.ignore();
    return undefined;
  }

  #hedgeOwner(): HedgeOwner {
    return {
      request: this.#request,
      settings: this.#settings,
      entry: this.#entry,
      events: this.#context.events,
      first: this.#leg,
      observe: leg => this.#observe(leg),
      judge: outcome => this.#judge(outcome),
      decideBy: (leg, judged) => {
        this.#leg = leg;
        this.#judged = judged;
      },
    };
  }

  /** The breaker hears of the winner first: the loser may open it. */
  #endHedge(outcome: HttpOutcome, { health }: HttpVerdict): void {
    const { hedge } = this.#settings;
    if (!hedge) return;
    this.#hedge?.finish(this.#leg);
    this.#judged = undefined;
    this.#hedge = undefined;
    const isFirst = this.#attempt === 1 && !this.#leg.isHedge;
    if (health === 'success' && isFirst && isHedged(this.#request, hedge))
      this.#entry.latencies.add(outcome.durationMs);
  }

  #judge(outcome: HttpOutcome): Judged {
    return judge(this.#withLoss(outcome), this.#attempt, this.#request, this.#settings);
  }

  #withLoss(outcome: HttpOutcome): HttpOutcome {
    const { kind, error, durationMs } = outcome;
    if (error === undefined) return outcome;
    const startedAt = monotonicClock.now() - durationMs;
    return this.#entry.losses.isRepeated(kind, error, startedAt) ? { ...outcome, sharesLoss: true } : outcome;
  }

  #retryInMs(outcome: HttpOutcome, verdict: HttpVerdict): number | undefined {
    const { retry } = this.settings;
    if (!retry) return undefined;
    const { events } = this.#context;
    const allowed = retryPlan(this, this.#entry.breaker, outcome, verdict, retry);
    const plan =
      typeof allowed === 'number' && !this.#payment.reserve(this.#entry, this.#settings) ? 'budget' : allowed;
    if (typeof plan === 'number') tellRetry(events, this.#entry, this.#attempt, plan, outcome);
    else tellRetryRefused(events, this.#entry, plan, this.#attempt);
    return typeof plan === 'number' ? plan : undefined;
  }
}
