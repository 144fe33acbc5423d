/**
 * The rules of one call, as a state machine: what happened comes in as an event, what to do next goes out as a step. It
 * has no timers, no promises and no I/O; drivers have them. Late and duplicate events return `none`.
 */

import { isFull, makeDisposable } from '@cutout/core/internal';
import { emitBulkheadRejected, emitQueueTimeout } from '../observe/events.ts';
import { type CallEnd, endOf } from '../observe/key-counters.ts';
import type { CallObservation } from '../observe/observer.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { HttpTimeoutError } from '../outcome/time-limits.ts';
import { answerOf } from '../outcome/verdict.ts';
import { marksAttempts, Retries } from '../retry/retries.ts';
import { depositFor } from '../retry/retry-payment.ts';
import { bufferMs, RetryWait } from '../retry/retry-wait.ts';
import { AttemptRequests, type Recorded } from './attempt-requests.ts';
import type { AttemptRefusal, CallContext } from './call-context.ts';
import { CallTarget } from './call-target.ts';
import { markExhausted } from './nesting.ts';
import { mayFallBack, Replacements } from './replacements.ts';
import type { Ask, CallState, Deliver, Req, Send, Sleep, Step, Throw } from './step.ts';
import { NONE } from './step.ts';

export class CallMachine implements Disposable {
  declare readonly [Symbol.dispose]: () => void;
  readonly target: CallTarget;
  readonly #context: CallContext;
  #state: CallState = 'new';
  readonly #requests: AttemptRequests;
  /** Whether the next request goes on with the present attempt. */
  #isHop = false;
  #retries: Retries | undefined;
  #recorded: Recorded | undefined;
  /** Of the last attempt that another one followed. */
  #wait: RetryWait | undefined;
  #replacements: Replacements | undefined;
  readonly #observation: CallObservation | undefined;
  #isCounted = false;

  /** @throws what a `key` function of the user's throws. */
  constructor(context: CallContext, request: HttpRequest) {
    this.#context = context;
    this.target = new CallTarget(context, request);
    this.#requests = new AttemptRequests(this.target, context);
    if (mayFallBack(context, this.target)) this.#replacements = new Replacements(this.target, context);
    if (context.observers.active) this.#observation = context.observers.call({ key: this.target.entry.key, request });
  }

  /** What may answer in place of a failure. */
  get replacements(): Replacements {
    this.#replacements ??= new Replacements(this.target, this.#context);
    return this.#replacements;
  }

  /** Whether a request is admitted, and its outcome not yet reported. */
  get isRunning(): boolean {
    return this.#state === 'sent';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Event: the client begins. `request`: as it is to be sent, where hooks may have changed it. */
  start(request: HttpRequest = this.target.request): Step {
    return this.#state === 'new' ? this.#enter(request) : NONE;
  }

  /** Event: the turn in the queue has come, or a refusal in its place. */
  turn(refusal: AttemptRefusal | undefined): Step {
    if (this.#state !== 'queued') return NONE;
    return this.#guard(() => (refusal ? this.#refusedByStrategy(refusal) : this.#admit()));
  }

  /** Event: the client goes on with the present attempt elsewhere: a redirect, or a round of its own. */
  hop(request: HttpRequest): Step {
    // A request that the client has left without an outcome counts as ignored.
    if (this.#state !== 'following' && this.#state !== 'sent') return NONE;
    this.#isHop = true;
    return this.#enter(request);
  }

  /** Event: a response has begun. `shown`: what the caller would get of it. `now`: where the clock has just been read. */
  head(req: Req, outcome: HttpOutcome, shown: unknown, now?: number): Step {
    return this.#ended(req, outcome, shown, true, now);
  }

  /** Event: a request ended without a response. */
  failed(req: Req, outcome: HttpOutcome, error: unknown, now?: number): Step {
    return this.#ended(req, outcome, error, false, now);
  }

  /** Event: a limit or the caller has ended the attempt, whichever of its requests are under way. */
  stopped(outcome: HttpOutcome, error: unknown): Step {
    return this.#state === 'sent' ? this.#guard(() => this.#next(outcome, error, false)) : NONE;
  }

  /** Event: an outcome that the client may follow by itself. Report `hop`, `repeated` or `concluded` next. */
  followed(outcome: HttpOutcome): Step {
    if (this.#state !== 'sent') return NONE;
    return this.#guard(() => {
      this.#recordOutcome(outcome);
      this.#state = 'following';
      return NONE;
    });
  }

  /** Event: the client stops by itself. `shown`: what the caller would get. `mayRetry`: whether it can send again. */
  concluded(shown: unknown, hasResponse: boolean, mayRetry = true): Step {
    const recorded = this.#recorded;
    if (this.#state !== 'following' || !recorded) return NONE;
    return this.#guard(() => this.#stepAfter(recorded, shown, hasResponse, mayRetry));
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
    const isDue = (): boolean => this.#requests.beginHedge() && !this.isOver;
    return this.#guard(() => (isDue() ? this.#send(2, this.target.entry.clock.now(), Number.POSITIVE_INFINITY) : NONE));
  }

  /** Event: the old response has been freed. `isIntact`: whether it can still be handed out whole. */
  buffered(isIntact: boolean): Step {
    if (this.#state !== 'waiting' || this.#wait?.isBuffered !== false) return NONE;
    this.#wait.buffered(isIntact);
    return this.#wait.isOver ? this.#again(this.target.request) : NONE;
  }

  /** Event: the wait before the next attempt is over. `request`: as for `start`. */
  due(request: HttpRequest = this.target.request): Step {
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
    return this.#state === 'asking' ? this.#asking(this.replacements.next()) : NONE;
  }

  /** Event: the source failed. */
  answerFailed(error: unknown): Step {
    return this.#state === 'asking' ? this.#asking({ do: 'throw', error, byHook: false }) : NONE;
  }

  /** Event: the caller has aborted between two requests, in a queue, or while an answer is looked for. */
  aborted(reason: unknown): Step {
    if (this.#state === 'over') return NONE;
    this.end();
    return { do: 'throw', error: reason, byHook: false };
  }

  /** Releases what the call still holds. An attempt without an outcome counts as ignored. */
  end(): void {
    if (this.#state === 'over') return;
    if (this.#state === 'following') this.#recorded?.body?.cancelled();
    this.#state = 'over';
    this.#requests.release();
    this.#retries?.giveBack();
    this.#count('ignored');
    this.#wait?.buffered(false);
  }

  /** Whether `run` does more than call its function. */
  get isObserved(): boolean {
    return this.#context.observers.active;
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

  #guard(step: () => Step): Step {
    try {
      return step();
    } catch (error) {
      return this.#throwByHook(error);
    }
  }

  /** What a function of the user's throws ends the call, and counts for nothing. */
  #throwByHook(error: unknown): Throw {
    this.end();
    return { do: 'throw', error, byHook: true };
  }

  /** The strategies come first: a call that waits must not hold a probe. */
  #enter(request: HttpRequest): Step {
    const { target } = this;
    try {
      if (this.#state !== 'new') this.#requests.release();
      if (target.attempt > 0 || request !== target.request) target.moveTo(request);
      return target.settings.admitting ? this.#askStrategies() : this.#admit();
    } catch (error) {
      return this.#throwByHook(error);
    }
  }

  #askStrategies(): Step {
    const turn = this.#requests.enter();
    if (!(turn instanceof Promise)) return turn ? this.#refusedByStrategy(turn) : this.#admit();
    this.#state = 'queued';
    return { do: 'park', turn };
  }

  /** The call's own limit may have ended the wait in a bulkhead's queue. */
  #refusedByStrategy(refusal: Error): Step {
    const { entry } = this.target;
    if (isFull(refusal)) emitBulkheadRejected(this.#context.events, entry, refusal);
    else if (refusal instanceof HttpTimeoutError) emitQueueTimeout(this.#context.events, entry);
    return this.#refused(refusal);
  }

  #admit(): Step {
    const { target } = this;
    const now = target.entry.clock.now();
    const isFirst = target.attempt === 0;
    const refusal = this.#requests.admit(this.#isHop, now);
    if (refusal) return this.#refused(refusal);
    this.#state = 'sent';
    this.#isHop = false;
    if (isFirst) depositFor(target.entry, target.settings, now);
    else this.#retries?.made();
    return this.#send(1, now, target.limitAttempt());
  }

  #send(req: Req, at: number, limitMs: number): Send {
    const { attempt, settings } = this.target;
    const headers = marksAttempts(settings) ? this.#retriesNow.headersOf(attempt) : undefined;
    return { do: 'send', req, attempt, at, headers, limitMs, hedge: req === 1 ? this.#requests.hedge : undefined };
  }

  get #retriesNow(): Retries {
    this.#retries ??= new Retries(this.target, this.#context.events);
    return this.#retries;
  }

  #refused(refusal: AttemptRefusal): Step {
    const { entry, request, attempt } = this.target;
    this.#requests.leave();
    this.#context.observers.refused({ key: entry.key, request, error: refusal });
    // What was refused later has failed before.
    const isQueued = isFull(refusal) || refusal instanceof HttpTimeoutError;
    this.#count(attempt > 0 ? 'failed' : isQueued ? 'bulkhead-full' : 'refused');
    return this.#conclude(refusal, true);
  }

  /** Releasing the old response may have taken what was left of the time. */
  #again(request: HttpRequest): Step {
    return this.target.isTimeUp ? this.#conclude(this.target.totalError(), false) : this.#enter(request);
  }

  /** No further attempt is made, and its price is given back: the last outcome answers, if it still can, else `instead`. */
  #conclude(instead: Error, refused: boolean): Step {
    this.#retries?.giveBack();
    const last = this.#wait?.last;
    if (last && this.#wait?.isIntact) return this.#asking(this.replacements.after({ ...last, body: undefined }));
    return this.#asking(this.replacements.afterRefusal(instead, refused, last));
  }

  #ended(req: Req, outcome: HttpOutcome, shown: unknown, hasResponse: boolean, now: number | undefined): Step {
    if (this.#state !== 'sent') return NONE;
    try {
      if (this.#requests.hedge) {
        if (!this.#requests.isUnderWay(req)) return NONE;
        if (!this.#requests.endsWith(req, outcome)) return { do: 'set-aside', req };
      } else if (req === 2) return NONE;
      return this.#next(outcome, shown, hasResponse, now);
    } catch (error) {
      return this.#throwByHook(error);
    }
  }

  /** Records the outcome of the attempt and decides what follows. */
  #next(outcome: HttpOutcome, shown: unknown, hasResponse: boolean, now?: number): Step {
    const cancel = this.#requests.hedge && this.#requests.rival;
    const step = this.#stepAfter(this.#recordOutcome(outcome, now), shown, hasResponse, true);
    return cancel ? { ...step, cancel } : step;
  }

  #stepAfter(
    { outcome, verdict, body }: Recorded,
    shown: unknown,
    hasResponse: boolean,
    mayRetry: boolean,
  ): Sleep | Ask | Deliver | Throw {
    const { target } = this;
    const retryInMs = verdict.retry && mayRetry ? this.#retriesNow.next(outcome, verdict) : undefined;
    const isBad = answerOf(verdict) === 'bad';
    if (retryInMs === undefined) {
      this.#count(isBad ? 'failed' : endOf(verdict, target.attempt));
      if (verdict.retry && target.settings.retry) markExhausted(shown);
      if (!isBad && hasResponse) return this.#asking({ do: 'deliver', isGood: true, body });
      return this.#asking(this.replacements.after({ shown, hasResponse, status: outcome.status, isBad, body }));
    }
    this.#wait = new RetryWait({ shown, hasResponse, status: outcome.status, isBad, body });
    this.#state = 'waiting';
    return { do: 'sleep', ms: retryInMs, bufferMs: bufferMs(retryInMs, target.timeLeftMs) };
  }

  #recordOutcome(outcome: HttpOutcome, now?: number): Recorded {
    const { entry } = this.target;
    const recorded = this.#requests.record(outcome, now ?? entry.clock.now());
    if (outcome.kind === 'status') entry.counts.latency.add(outcome.durationMs);
    if (recorded.verdict.health === 'failure') entry.counts.failed(outcome);
    this.#recorded = recorded;
    return recorded;
  }

  /** The first end counts. */
  #count(how: CallEnd): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    this.target.entry.counts.calls[how] += 1;
    this.#observation?.end(how);
  }

  #asking<S extends Ask | Deliver | Throw>(step: S): S {
    this.#state = step.do === 'ask' ? 'asking' : 'over';
    return step;
  }
}
