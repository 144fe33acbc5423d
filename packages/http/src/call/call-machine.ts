/**
 * The rules of one call, as a state machine: what happened comes in as an event, what to do next goes out as a step. It
 * has no timers, no promises and no I/O; drivers have them. Late and duplicate events return `none`.
 */

import { type CircuitOpenError, monotonicClock } from '@cutout/core';
import { isRefusal, makeDisposable } from '@cutout/core/internal';
import type { BodyWatch } from '../body-watch.ts';
import { BulkheadPlace, type PlaceRefusal } from '../bulkhead-place.ts';
import { CallRecord } from '../call-record.ts';
import { type FallbackDoor, LastResort, nearestFallback } from '../fallback.ts';
import type { HttpEvents } from '../http-events.ts';
import type { KeyEntry } from '../key-entry.ts';
import type { Observers } from '../observer.ts';
import type { HttpRules, Settings } from '../options.ts';
import type { HttpOutcome } from '../outcome.ts';
import type { HttpRequest } from '../request.ts';
import { giveUpOn } from '../stacking.ts';
import { HttpTimeoutError } from '../timeout.ts';
import { answerOf, type HttpVerdict } from '../verdict.ts';
import { AttemptRequests } from './attempt-requests.ts';
import { CallTarget, type Targets } from './call-target.ts';
import { type Failure, Replacement } from './replacement.ts';
import { Retries } from './retries.ts';
import { type AttemptEnd, RetryWait } from './retry-wait.ts';
import type { AnswerSource, Ask, Deliver, None, Req, Send, Sleep, Step, Throw } from './step.ts';

export interface CallContext extends Targets {
  readonly events: HttpEvents;
  /** What the call overrides, and what its adapter adds. */
  readonly ownFallback: HttpRules['fallback'];
  readonly door: FallbackDoor | undefined;
  /** Whether any host has one. */
  readonly hasBulkheads: boolean;
  readonly observers: Observers;
}

/** Why an attempt was not made. */
export type AttemptRefusal = CircuitOpenError | PlaceRefusal;

/**
 * `new`: nothing was sent. `queued`: waiting for a bulkhead permit. `sent`: a request is under way. `waiting`: another
 * attempt follows. `following`: an outcome is recorded, and the client may go on by itself. `asking`: another answer is
 * looked for.
 */
type State = 'new' | 'queued' | 'sent' | 'waiting' | 'following' | 'asking' | 'over';

/** An outcome that has been recorded, while what follows is open. */
interface Recorded {
  readonly outcome: HttpOutcome;
  readonly verdict: HttpVerdict;
  readonly body: BodyWatch | undefined;
}

const NONE: None = { do: 'none' };
/** A body that drips must not hold up the next attempt for longer than this, unless the wait itself is longer. */
const MIN_BUFFER_MS = 250;

export class CallMachine implements Disposable {
  declare readonly [Symbol.dispose]: () => void;
  readonly #context: CallContext;
  #state: State = 'new';
  readonly #target: CallTarget;
  readonly #requests: AttemptRequests;
  /** Whether the request that is admitted next goes on with the present attempt. */
  #isHop = false;
  readonly #retries: Retries;
  /** The last one. */
  #recorded: Recorded | undefined;
  /** Of the last attempt that another one followed. */
  #wait: RetryWait | undefined;
  /** Whether the attempt is limited by what is left of the total. */
  #isTotalNearer = false;
  readonly #lastResort: LastResort | undefined;
  #kept: AnswerSource | undefined;
  #replacement: Replacement | undefined;
  readonly #record: CallRecord;
  /** When the time for the whole call is up: the first host's, whatever hosts the call is led to. */
  readonly #endsAt: number;

  constructor(context: CallContext) {
    this.#context = context;
    this.#target = new CallTarget(context);
    this.#requests = new AttemptRequests(this.#target, context);
    this.#retries = new Retries(this.#target, context.events);
    const { totalTimeoutMs, fallback } = this.settings;
    const nearest = nearestFallback(context.ownFallback, context.door?.fallback, fallback);
    if (nearest) this.#lastResort = new LastResort(nearest, context);
    this.#record = new CallRecord(context.observers, this.entry, context.request);
    this.#endsAt = Number.isFinite(totalTimeoutMs) ? monotonicClock.now() + totalTimeoutMs : totalTimeoutMs;
  }

  /** The options for the host of the present attempt, or of its present hop. */
  get settings(): Settings {
    return this.#target.settings;
  }

  /** The key of its breaker. */
  get key(): string {
    return this.entry.key;
  }

  /** The state that the policy keeps of that key. */
  get entry(): KeyEntry {
    return this.#target.entry;
  }

  /** The request of the present attempt, or of its present hop. */
  get request(): HttpRequest {
    return this.#target.request;
  }

  /** Whether a request is admitted, and its outcome not yet reported. */
  get isRunning(): boolean {
    return this.#state === 'sent';
  }

  /** Whether the call has ended. */
  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** The number of the present attempt, from 1. */
  get attempt(): number {
    return this.#requests.attempt;
  }

  /** Milliseconds left of the total. */
  get timeLeftMs(): number {
    return this.#endsAt === Number.POSITIVE_INFINITY ? this.#endsAt : this.#endsAt - monotonicClock.now();
  }

  /** Whether anything may answer in place of a failure. */
  get mayReplace(): boolean {
    return this.#lastResort !== undefined || this.#kept !== undefined;
  }

  /** Kept answers, which come before the fallback. To be set before `start`. */
  replaceFrom(kept: AnswerSource): void {
    this.#kept = kept;
  }

  /** The error of the limit that `Send.limitMs` is. `lateMs`: by which its timer fired late. */
  timeoutError(lateMs = 0): HttpTimeoutError {
    const { attemptTimeoutMs, totalTimeoutMs } = this.settings;
    if (this.#isTotalNearer) return new HttpTimeoutError('total', totalTimeoutMs, lateMs);
    return new HttpTimeoutError('attempt', attemptTimeoutMs, lateMs);
  }

  /** Event: the client begins. `request`: as it is to be sent, where hooks may have changed it. */
  start(request: HttpRequest = this.request): Step {
    return this.#state === 'new' ? this.#enter(request) : NONE;
  }

  /** Event: the turn in the queue has come, or a refusal in its place. */
  turn(refusal: AttemptRefusal | undefined): Step {
    if (this.#state !== 'queued') return NONE;
    return refusal ? this.#refused(refusal) : this.#guard(() => this.#admit());
  }

  /** Event: the client goes on with the present attempt elsewhere: a redirect, or a round of its own. */
  hop(request: HttpRequest): Step {
    // A request that the client has left without an outcome counts as ignored.
    if (this.#state !== 'following' && this.#state !== 'sent') return NONE;
    this.#isHop = true;
    return this.#enter(request);
  }

  /** Event: a response has begun. `shown`: what the caller would get of it. */
  head(req: Req, outcome: HttpOutcome, shown: unknown): Step {
    return this.#ended(req, outcome, shown, true);
  }

  /** Event: a request ended without a response. */
  failed(req: Req, outcome: HttpOutcome, error: unknown): Step {
    return this.#ended(req, outcome, error, false);
  }

  /** Event: a limit or the caller has ended the attempt, whichever of its requests are under way. */
  stopped(outcome: HttpOutcome, error: unknown): Step {
    return this.#state === 'sent' ? this.#guard(() => this.#next(outcome, error, false)) : NONE;
  }

  /** Event: an outcome that the client may follow by itself. Report `hop`, `repeated` or `concluded` next. */
  followed(outcome: HttpOutcome): Step {
    if (this.#state !== 'sent') return NONE;
    try {
      this.#recordOutcome(outcome);
      this.#state = 'following';
      return NONE;
    } catch (error) {
      return this.#throwHook(error);
    }
  }

  /**
   * Event: the client does not go on by itself. `shown`: what the caller would get. `mayRetry`: whether the client can
   * make another attempt.
   */
  concluded(shown: unknown, hasResponse: boolean, mayRetry = true): Step {
    const recorded = this.#recorded;
    if (this.#state !== 'following' || !recorded) return NONE;
    return this.#stepAfter(recorded, shown, hasResponse, mayRetry);
  }

  /** Event: the client makes another attempt, by rules of its own: report `due`. `error`: what the caller would get. */
  repeated(error: unknown): Step {
    const recorded = this.#recorded;
    if (this.#state !== 'following' || !recorded) return NONE;
    const { outcome, verdict, body } = recorded;
    const isBad = answerOf(verdict) === 'bad';
    body?.cancelled();
    this.#wait = new RetryWait({ shown: error, hasResponse: false, status: outcome.status, isBad, body: undefined });
    this.#state = 'waiting';
    return NONE;
  }

  /** Event: the first request has had its time, so that a hedge may be sent. */
  hedgeDue(): Step {
    // A listener of the hedge's event may end the call.
    if (this.#state !== 'sent' || !this.#requests.beginHedge() || this.isOver) return NONE;
    return this.#send(2, Number.POSITIVE_INFINITY);
  }

  /** Event: the old response has been freed. `isIntact`: whether it can still be handed out whole. */
  buffered(isIntact: boolean): Step {
    if (this.#state !== 'waiting' || this.#wait?.isBuffered !== false) return NONE;
    this.#wait.buffered(isIntact);
    return this.#wait.isOver ? this.#again(this.request) : NONE;
  }

  /** Event: the wait before the next attempt is over. `request`: as for `start`. */
  due(request: HttpRequest = this.request): Step {
    if (this.#state !== 'waiting') return NONE;
    this.#wait?.due();
    return this.#wait?.isOver ? this.#again(request) : NONE;
  }

  /** Event: the source had an answer. */
  answered(answer: unknown): Step {
    if (this.#state !== 'asking') return NONE;
    this.#state = 'over';
    return { do: 'answer', answer };
  }

  /** Event: the source had none. */
  unanswered(): Step {
    return this.#state === 'asking' ? this.#askNext() : NONE;
  }

  /** Event: the source failed. */
  answerFailed(error: unknown): Step {
    return this.#state === 'asking' ? this.#throw(error) : NONE;
  }

  /** Event: the caller has aborted between two requests, in a queue, or while an answer is looked for. */
  aborted(reason: unknown): Step {
    if (this.#state === 'over') return NONE;
    this.end();
    return this.#throw(reason);
  }

  /** Releases what the call still holds. An attempt without an outcome counts as ignored. */
  end(): void {
    if (this.#state === 'following') this.#recorded?.body?.cancelled();
    this.#state = 'over';
    this.#requests.release();
    this.#retries.giveBack();
    this.#record.end(this.entry, 'ignored');
    this.#wait?.buffered(false);
  }

  /** Runs what sends a request inside the context that an observer wants. */
  run<T>(req: Req, send: () => T): T {
    return this.#requests.run(req, send);
  }

  static {
    makeDisposable(CallMachine.prototype, function () {
      this.end();
    });
  }

  /** What a function of the user's throws ends the call, and counts for nothing. */
  #guard(step: () => Step): Step {
    try {
      return step();
    } catch (error) {
      return this.#throwHook(error);
    }
  }

  #throwHook(error: unknown): Throw {
    this.end();
    return { do: 'throw', error, byHook: true };
  }

  #throw(error: unknown): Throw {
    this.#state = 'over';
    return { do: 'throw', error, byHook: false };
  }

  /** A bulkhead permit comes first: a call that waits must not hold a probe. */
  #enter(request: HttpRequest): Step {
    try {
      this.#requests.release();
      if (this.attempt > 0 || request !== this.request) this.#target.moveTo(request);
      const { bulkhead } = this.settings;
      return this.#context.hasBulkheads && bulkhead ? this.#takePlace(bulkhead) : this.#admit();
    } catch (error) {
      return this.#throwHook(error);
    }
  }

  #takePlace(bulkhead: NonNullable<Settings['bulkhead']>): Step {
    const refusal = this.#refusedAtOnce();
    if (refusal) return this.#refused(refusal);
    const place = new BulkheadPlace(this.entry, bulkhead, this.settings, this.#context.events);
    this.#requests.takePlace(place);
    const turn = place.enter({ timeLeftMs: this.timeLeftMs, signal: this.request.signal });
    if (!(turn instanceof Promise)) return turn ? this.#refused(turn) : this.#admit();
    this.#state = 'queued';
    return { do: 'park', turn };
  }

  /** No call queues for an open circuit. */
  #refusedAtOnce(): CircuitOpenError | undefined {
    const { breaker } = this.entry;
    if (!breaker.refusing) return undefined;
    const permit = breaker.tryAcquire();
    if (isRefusal(permit)) return permit;
    permit.ignore();
    return undefined;
  }

  #admit(): Step {
    const { timeLeftMs } = this;
    const refusal = this.#requests.admit(this.#isHop, timeLeftMs);
    if (refusal) return this.#refused(refusal);
    this.#state = 'sent';
    this.#retries.made(this.attempt, this.#isHop);
    this.#isHop = false;
    const { attemptTimeoutMs } = this.settings;
    this.#isTotalNearer = timeLeftMs <= attemptTimeoutMs;
    return this.#send(1, Math.min(timeLeftMs, attemptTimeoutMs));
  }

  #send(req: Req, limitMs: number): Send {
    const hedge = req === 1 ? this.#requests.hedge : undefined;
    return { do: 'send', req, attempt: this.attempt, headers: this.#retries.headersOf(this.attempt), limitMs, hedge };
  }

  /** Nothing is sent: what was paid for another attempt is given back. */
  #refused(refusal: AttemptRefusal): Step {
    this.#requests.leaveBulkhead();
    this.#retries.giveBack();
    this.#context.observers.refused({ key: this.key, request: this.request, error: refusal });
    // What was refused later has failed before.
    this.#record.end(this.entry, this.attempt > 0 ? 'failed' : isRefusal(refusal) ? 'refused' : 'full');
    return this.#conclude(refusal, true);
  }

  /** Releasing the old response may have taken what was left of the time. Timers count in whole milliseconds. */
  #again(request: HttpRequest): Step {
    if (this.timeLeftMs >= 1) return this.#enter(request);
    return this.#conclude(new HttpTimeoutError('total', this.settings.totalTimeoutMs), false);
  }

  /** No further attempt is made: the last outcome answers, if it still can, and else `instead`. */
  #conclude(instead: Error, refused: boolean): Step {
    const last = this.#wait?.last;
    if (last && this.#wait?.isIntact) return this.#answerWith(last, undefined);
    const failure = last ? Object.assign(instead, { lastStatus: last.status }) : instead;
    const end = { do: 'throw', error: failure, byHook: false } as const;
    return this.#replace({ failure, status: undefined, refused, body: undefined }, end);
  }

  #ended(req: Req, outcome: HttpOutcome, shown: unknown, hasResponse: boolean): Step {
    if (this.#state !== 'sent') return NONE;
    try {
      if (!this.#requests.isUnderWay(req)) return NONE;
      if (!this.#requests.endsWith(req, outcome)) return { do: 'set-aside', req };
      return this.#next(outcome, shown, hasResponse);
    } catch (error) {
      return this.#throwHook(error);
    }
  }

  /** Records the outcome of the attempt and decides what follows. */
  #next(outcome: HttpOutcome, shown: unknown, hasResponse: boolean): Step {
    const cancel = this.#requests.rival;
    const step = this.#stepAfter(this.#recordOutcome(outcome), shown, hasResponse, true);
    return cancel ? { ...step, cancel } : step;
  }

  #stepAfter(
    { outcome, verdict, body }: Recorded,
    shown: unknown,
    hasResponse: boolean,
    mayRetry: boolean,
  ): Sleep | Ask | Deliver | Throw {
    const isBad = answerOf(verdict) === 'bad';
    const retryInMs = verdict.retry && mayRetry ? this.#retries.next(this, outcome, verdict) : undefined;
    if (retryInMs === undefined) {
      this.#record.endBy(this.entry, this.attempt, verdict);
      if (verdict.retry && this.settings.retry) giveUpOn(shown);
      if (!isBad) return this.#deliver(shown, hasResponse, body);
      return this.#answerWith({ shown, hasResponse, status: outcome.status, isBad, body }, body);
    }
    this.#wait = new RetryWait({ shown, hasResponse, status: outcome.status, isBad, body });
    this.#state = 'waiting';
    return { do: 'sleep', ms: retryInMs, bufferMs: Math.min(Math.max(retryInMs, MIN_BUFFER_MS), this.timeLeftMs) };
  }

  #recordOutcome(outcome: HttpOutcome): Recorded {
    const { verdict, vacate } = this.#requests.record(outcome);
    this.#record.attempted(this.entry, outcome, verdict);
    this.#recorded = { outcome, verdict, body: vacate() };
    return this.#recorded;
  }

  #deliver(shown: unknown, hasResponse: boolean, body: BodyWatch | undefined): Deliver | Throw {
    if (!hasResponse) return this.#throw(shown);
    this.#state = 'over';
    return { do: 'deliver', isGood: true, body };
  }

  /** Another answer takes the place of a bad one, if there is any. */
  #answerWith({ shown, hasResponse, status, isBad }: AttemptEnd, body: BodyWatch | undefined): Ask | Deliver | Throw {
    const end = hasResponse
      ? ({ do: 'deliver', isGood: !isBad, body } as const)
      : ({ do: 'throw', error: shown, byHook: false } as const);
    const failure = { failure: shown, status: hasResponse ? status : undefined, refused: false, body };
    if (isBad) return this.#replace(failure, end);
    this.#state = 'over';
    return end;
  }

  #replace(failure: Failure, end: Deliver | Throw): Ask | Deliver | Throw {
    this.#state = 'asking';
    this.#replacement = new Replacement(this.#sources(), failure, end);
    return this.#askNext();
  }

  #askNext(): Ask | Deliver | Throw {
    const step = (this.#replacement as Replacement).next();
    if (step.do !== 'ask') this.#state = 'over';
    return step;
  }

  /** In the order in which they are asked. */
  #sources(): AnswerSource[] {
    const { totalTimeoutMs } = this.settings;
    const limits = { totalTimeoutMs, timeLeftMs: this.timeLeftMs };
    const fallback = this.#lastResort?.within(this.request, this.entry, limits);
    return [this.#kept, fallback].filter(source => source !== undefined);
  }
}
