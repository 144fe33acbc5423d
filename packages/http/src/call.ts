/** One call through the policy: its attempts one after another, each with a permit, a verdict and a decision. */

import { type CircuitBreaker, type CircuitOpenError, monotonicClock, type Permit } from '@cutout/core';
import { isRefusal } from '@cutout/core/internal';
import { BodyWatch } from './body-watch.ts';
import { type HttpEvents, type RetryRefusal, tellRetry, tellRetryRefused } from './http-events.ts';
import type { Settings } from './options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { retryAfterMs } from './retry-after.ts';
import type { RetryBudget, RetryBudgetOptions } from './retry-budget.ts';
import { isIdempotent, needsKey, type RetrySettings } from './retry-options.ts';
import { MAX_TIMER_MS } from './sleep.ts';
import { checkVerdict, type HttpVerdict, verdictOf } from './verdict.ts';

/** What follows from an attempt. */
export interface Decision {
  readonly verdict: HttpVerdict;
  /** Milliseconds to wait before the next attempt; undefined: there is none, this was the last word. */
  readonly retryInMs: number | undefined;
  /** Where the body is still to be read: tell it how that ended. */
  readonly body: BodyWatch | undefined;
}

export interface CallContext {
  /** Asked at each attempt: the registry may have made another breaker since, and a redirect may lead to another key. */
  readonly breakerOf: (request: HttpRequest) => CircuitBreaker;
  readonly request: HttpRequest;
  /** The rules of a breaker's key, under what the call overrides. */
  readonly settingsOf: (breaker: CircuitBreaker) => Settings;
  readonly events: HttpEvents;
  readonly budgetOf: (breaker: CircuitBreaker, options: Required<RetryBudgetOptions>) => RetryBudget;
}

/** Of these a server may ask for a pause that concerns the host, not the one resource. */
const PAUSE_STATUS = new Set([429, 503]);

/**
 * The steps of one call, for clients that are driven by events: `acquire()`, the attempt, `decide(outcome)`, and again
 * while that says so; `end()` in any case.
 */
export class HttpCall implements Disposable {
  readonly #context: CallContext;
  #request: HttpRequest;
  #attempt = 0;
  #permit: Permit | undefined;
  /** Where the next attempt has been paid for, and not yet made. */
  #paid: RetryBudget | undefined;
  #idempotencyKey: string | undefined;
  #breaker: CircuitBreaker;
  #settings: Settings;
  /** When the time for the whole call is up: the first host's, whatever hosts the call is led to. */
  readonly #endsAt: number;

  constructor(context: CallContext) {
    this.#request = context.request;
    this.#context = context;
    this.#breaker = context.breakerOf(context.request);
    this.#settings = context.settingsOf(this.#breaker);
    const { totalTimeoutMs } = this.#settings;
    this.#endsAt = Number.isFinite(totalTimeoutMs) ? monotonicClock.now() + totalTimeoutMs : totalTimeoutMs;
  }

  /** The rules for the host of the present attempt, or of its present hop. */
  get settings(): Settings {
    return this.#settings;
  }

  /** The key of its breaker. */
  get key(): string {
    return this.#breaker.key;
  }

  /** The request of the present attempt, or of its present hop. */
  get request(): HttpRequest {
    return this.#request;
  }

  /** Whether an attempt is under way: admitted, and not yet decided. */
  get running(): boolean {
    return this.#permit !== undefined;
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
    const { retry } = this.settings;
    if (!retry) return undefined;
    const tells = retry.attemptHeader !== undefined && this.#attempt > 1;
    const identifies = this.#idempotencyKey !== undefined || needsKey(this.#request, retry);
    if (!tells && !identifies) return undefined;
    if (identifies) this.#idempotencyKey ??= crypto.randomUUID();
    return {
      ...(this.#idempotencyKey === undefined ? {} : { 'idempotency-key': this.#idempotencyKey }),
      ...(tells ? { [retry.attemptHeader]: String(this.#attempt - 1) } : {}),
    };
  }

  /** Begins an attempt; returns the refusal where the circuit does not admit it. */
  acquire(request: HttpRequest = this.#request): CircuitOpenError | undefined {
    const refusal = this.hop(request);
    if (refusal) {
      this.#giveBack();
      return refusal;
    }
    this.#attempt += 1;
    this.#paid = undefined;
    if (this.#attempt === 1) this.#budget()?.deposit(monotonicClock.now());
    return undefined;
  }

  /** Goes on with the present attempt at another URL, for clients that tell of each redirect. */
  hop(request: HttpRequest): CircuitOpenError | undefined {
    this.#release();
    if (this.#attempt > 0 || request !== this.#request) this.#moveTo(this.#context.breakerOf(request));
    this.#request = request;
    const permit = this.#breaker.tryAcquire();
    if (isRefusal(permit)) return permit;
    this.#permit = permit;
    return undefined;
  }

  /** Judges the attempt, tells the breaker, and decides what follows. @throws what the user's `classify` throws. */
  decide(outcome: HttpOutcome): Decision {
    const { verdict, askedMs } = this.#judge(outcome);
    const body = this.#settle(outcome, verdict, askedMs);
    return { verdict, body, retryInMs: verdict.retry ? this.#retryInMs(outcome, verdict) : undefined };
  }

  /** Gives back what the call still holds. An attempt that was not decided says nothing about the host. */
  end(): void {
    this.#release();
    this.#giveBack();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #moveTo(breaker: CircuitBreaker): void {
    if (breaker === this.#breaker) return;
    this.#breaker = breaker;
    this.#settings = this.#context.settingsOf(breaker);
  }

  #release(): void {
    this.#permit?.ignore();
    this.#permit = undefined;
  }

  #budget(): RetryBudget | undefined {
    const budget = this.settings.retry?.budget;
    return budget && this.#context.budgetOf(this.#breaker, budget);
  }

  /** Reserves the retry that was decided on, so that a thousand failures at once do not all get the last one. */
  #pay(): boolean {
    const budget = this.#budget();
    if (!budget) return true;
    if (!budget.take(monotonicClock.now())) return false;
    this.#paid = budget;
    return true;
  }

  #giveBack(): void {
    this.#paid?.giveBack(monotonicClock.now());
    this.#paid = undefined;
  }

  #judge(outcome: HttpOutcome): { verdict: HttpVerdict; askedMs: number | undefined } {
    const { headers, status = 0 } = outcome;
    const byTable = verdictOf(outcome, this.#attempt, this.settings);
    // Of most answers nothing else is asked.
    if (byTable.health === 'success' && !byTable.retry && !this.settings.classify)
      return { verdict: byTable, askedMs: undefined };
    const askedMs = headers ? retryAfterMs(headers, status) : undefined;
    const asked = askedMs === undefined ? byTable : { ...byTable, notBeforeMs: askedMs };
    return { verdict: { ...asked, ...this.#ownVerdict(outcome) }, askedMs };
  }

  #ownVerdict(outcome: HttpOutcome): Partial<HttpVerdict> | undefined {
    const { classify } = this.settings;
    return classify && checkVerdict(classify(outcome, this.#request));
  }

  #settle(outcome: HttpOutcome, { health }: HttpVerdict, askedMs: number | undefined): BodyWatch | undefined {
    const permit = this.#permit;
    this.#permit = undefined;
    if (!permit) return undefined;
    if (health === 'ignore') permit.ignore();
    else if (health === 'failure')
      permit.failure(outcome.error ?? { status: outcome.status }, hintOf(outcome, askedMs));
    else if (!outcome.bodyPending) permit.success();
    else {
      permit.success('headers');
      return new BodyWatch(permit, this.#request, this.settings.bodyFailureWithinMs);
    }
    return undefined;
  }

  #retryInMs(outcome: HttpOutcome, verdict: HttpVerdict): number | undefined {
    const { retry } = this.settings;
    if (!retry) return undefined;
    const { events } = this.#context;
    const { key } = this.#breaker;
    const allowed = this.#refusal(outcome, verdict, retry) ?? this.#delay(outcome, verdict, retry);
    const plan = typeof allowed === 'number' && !this.#pay() ? 'budget' : allowed;
    if (typeof plan === 'number') tellRetry(events, key, this.#attempt, plan, outcome);
    else tellRetryRefused(events, key, plan, this.#attempt);
    return typeof plan === 'number' ? plan : undefined;
  }

  /** The first reason that stands against another try. */
  #refusal(outcome: HttpOutcome, { notBeforeMs = 0 }: HttpVerdict, retry: RetrySettings): RetryRefusal | undefined {
    if (this.#attempt > retry.maxRetries) return 'attempts';
    if (outcome.givenUp) return 'inner-door';
    if (!this.#request.replayable) return 'body';
    if (!outcome.nothingSent && !isIdempotent(this.#request, retry)) return 'method';
    if (this.#request.signal?.aborted) return 'aborted';
    if (this.#breaker.refusing) return 'circuit';
    if (notBeforeMs > retry.maxRetryAfterMs) return 'retry-after';
    return undefined;
  }

  /** Milliseconds to wait, unless that cannot end in time, or is longer than a timer can hold. */
  #delay(outcome: HttpOutcome, { notBeforeMs = 0 }: HttpVerdict, retry: RetrySettings): number | RetryRefusal {
    const delayMs = notBeforeMs + retry.backoff({ retry: this.#attempt, request: this.#request, outcome });
    if (delayMs > MAX_TIMER_MS) return 'retry-after';
    return delayMs < this.timeLeftMs ? delayMs : 'deadline';
  }
}

function hintOf(outcome: HttpOutcome, askedMs: number | undefined): { openForMs: number } | undefined {
  return askedMs !== undefined && PAUSE_STATUS.has(outcome.status ?? 0) ? { openForMs: askedMs } : undefined;
}
