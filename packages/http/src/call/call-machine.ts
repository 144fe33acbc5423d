/**
 * The rules of one call, as a state machine: what happened comes in as an event, what to do next goes out as a step. It
 * has no timers, no promises and no I/O; drivers have them. Late and duplicate events return `none`.
 */

import { isFull, isRefusal, makeDisposable } from '@cutout/core/internal';
import { CallRecord } from '../observe/call-metrics.ts';
import { tellBulkheadRejected } from '../observe/events.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { answerOf } from '../outcome/verdict.ts';
import type { KeyEntry } from '../policy/key-state.ts';
import type { Settings } from '../policy/options.ts';
import { Retries } from '../retry/retries.ts';
import { bufferMs, RetryWait } from '../retry/retry-wait.ts';
import { AttemptRequests, type Recorded } from './attempt-requests.ts';
import type { AttemptRefusal, CallContext } from './call-context.ts';
import { CallTarget } from './call-target.ts';
import { CallTime } from './call-time.ts';
import { giveUpOn } from './nesting.ts';
import { Replacements } from './replacements.ts';
import type { Ask, Deliver, None, Req, Send, Sleep, Step, Throw } from './step.ts';

/**
 * `new`: nothing was sent. `queued`: waiting for a bulkhead permit. `sent`: a request is under way. `waiting`: another
 * attempt follows. `following`: recorded, and the client may go on by itself. `asking`: another answer is looked for.
 */
type State = 'new' | 'queued' | 'sent' | 'waiting' | 'following' | 'asking' | 'over';

const NONE: None = { do: 'none' };

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
  /** What may answer in place of a failure. */
  readonly replacements: Replacements;
  readonly #record: CallRecord;
  readonly time: CallTime;

  constructor(context: CallContext) {
    this.#context = context;
    this.#target = new CallTarget(context);
    this.time = new CallTime(this.#target);
    this.#requests = new AttemptRequests(this.#target, context, this.time);
    this.#retries = new Retries(this.#target, context.events);
    this.replacements = new Replacements(this.#target, context, this.time);
    this.#record = new CallRecord(context.observers, this.entry, context.request);
  }

  /** The options for the host of the present attempt, or of its present hop. */
  get settings(): Settings {
    return this.#target.settings;
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
    return this.time.leftMs;
  }

  /** Event: the client begins. `request`: as it is to be sent, where hooks may have changed it. */
  start(request: HttpRequest = this.request): Step {
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
    return this.#state === 'asking' ? this.#asking(this.replacements.next()) : NONE;
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

  /** Whether there are observers. Without one, `run` only calls its function. */
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

  /** What a function of the user's throws ends the call, and counts for nothing. */
  #guard(step: () => Step): Step {
    try {
      return step();
    } catch (error) {
      this.end();
      return { do: 'throw', error, byHook: true };
    }
  }

  #throw(error: unknown): Throw {
    this.#state = 'over';
    return { do: 'throw', error, byHook: false };
  }

  /** A bulkhead permit comes first: a call that waits must not hold a probe. */
  #enter(request: HttpRequest): Step {
    return this.#guard(() => {
      this.#requests.release();
      if (this.attempt > 0 || request !== this.request) this.#target.moveTo(request);
      return this.settings.admitting ? this.#askStrategies() : this.#admit();
    });
  }

  #askStrategies(): Step {
    const turn = this.#requests.enter();
    if (!(turn instanceof Promise)) return turn ? this.#refusedByStrategy(turn) : this.#admit();
    this.#state = 'queued';
    return { do: 'park', turn };
  }

  /** Of the two limits of a wait in a bulkhead's queue, the call's own may have been the nearer one. */
  #refusedByStrategy(refusal: Error): Step {
    if (!isFull(refusal)) return this.#refused(refusal);
    tellBulkheadRejected(this.#context.events, this.entry, refusal);
    return this.#refused(refusal.reason === 'timeout' && this.time.isUp ? this.time.totalError() : refusal);
  }

  #admit(): Step {
    const refusal = this.#requests.admit(this.#isHop);
    if (refusal) return this.#refused(refusal);
    this.#state = 'sent';
    this.#retries.made(this.attempt, this.#isHop);
    this.#isHop = false;
    return this.#send(1, this.time.limitAttempt());
  }

  #send(req: Req, limitMs: number): Send {
    const hedge = req === 1 ? this.#requests.hedge : undefined;
    return { do: 'send', req, attempt: this.attempt, headers: this.#retries.headersOf(this.attempt), limitMs, hedge };
  }

  /** Nothing is sent: what was paid for another attempt is given back. */
  #refused(refusal: AttemptRefusal): Step {
    this.#requests.leave();
    this.#retries.giveBack();
    this.#context.observers.refused({ key: this.entry.key, request: this.request, error: refusal });
    // What was refused later has failed before.
    this.#record.end(this.entry, this.attempt > 0 ? 'failed' : isRefusal(refusal) ? 'refused' : 'bulkhead-full');
    return this.#conclude(refusal, true);
  }

  /** Releasing the old response may have taken what was left of the time. */
  #again(request: HttpRequest): Step {
    return this.time.isUp ? this.#conclude(this.time.totalError(), false) : this.#enter(request);
  }

  /** No further attempt is made: the last outcome answers, if it still can, and else `instead`. */
  #conclude(instead: Error, refused: boolean): Step {
    const last = this.#wait?.last;
    if (last && this.#wait?.isIntact) return this.#asking(this.replacements.after({ ...last, body: undefined }));
    return this.#asking(this.replacements.afterRefusal(instead, refused, last));
  }

  #ended(req: Req, outcome: HttpOutcome, shown: unknown, hasResponse: boolean): Step {
    if (this.#state !== 'sent') return NONE;
    return this.#guard(() => {
      if (!this.#requests.isUnderWay(req)) return NONE;
      if (!this.#requests.endsWith(req, outcome)) return { do: 'set-aside', req };
      return this.#next(outcome, shown, hasResponse);
    });
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
    const end = { shown, hasResponse, status: outcome.status, isBad: answerOf(verdict) === 'bad', body };
    const retryInMs = verdict.retry && mayRetry ? this.#retries.next(this, outcome, verdict) : undefined;
    if (retryInMs === undefined) {
      this.#record.endBy(this.entry, this.attempt, verdict);
      if (verdict.retry && this.settings.retry) giveUpOn(shown);
      return this.#asking(this.replacements.after(end));
    }
    this.#wait = new RetryWait(end);
    this.#state = 'waiting';
    return { do: 'sleep', ms: retryInMs, bufferMs: bufferMs(retryInMs, this.timeLeftMs) };
  }

  #recordOutcome(outcome: HttpOutcome): Recorded {
    const { judged, body } = this.#requests.record(outcome);
    const { verdict } = judged;
    this.#record.attempted(this.entry, outcome, verdict);
    this.#recorded = { outcome, verdict, body: this.#requests.settle(outcome, judged, body) };
    return this.#recorded;
  }

  #asking<S extends Ask | Deliver | Throw>(step: S): S {
    this.#state = step.do === 'ask' ? 'asking' : 'over';
    return step;
  }
}
