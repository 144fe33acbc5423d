/** One request through the dispatcher: its attempts, the waits between them, and what its handler is told. */

import { isTimeout } from '@cutout/core/internal';
import {
  type AttemptRefusal,
  abortReason,
  answerOf,
  type BodyWatch,
  type Decision,
  type HttpCall,
  type HttpOutcome,
  HttpTimeoutError,
  isAborted,
  onAbort,
} from '@cutout/http';
import { AttemptListener } from './attempt-listener.ts';
import { AttemptTimers } from './attempt-timers.ts';
import { AttemptWait } from './attempt-wait.ts';
import { type Attempts, Ending, type LastOutcome } from './ending.ts';
import { ExchangeController } from './exchange-controller.ts';
import type { Controller, Handler, HeaderFields } from './handler.ts';
import { HedgedAttempt, type HedgedOwner } from './hedged-attempt.ts';
import { HeldResponse } from './held-response.ts';
import { outcomeOfFailure, outcomeOfStatus } from './outcomes.ts';
import type { StaleExchange } from './stale-exchange.ts';

/** A response that another attempt follows is waited for at least so long, if the wait itself is no longer. */
const MIN_KEEPING_MS = 250;

/** How an exchange reaches the network. */
export interface Wire {
  send(handler: Handler): boolean;
  /** Nothing will be sent: the request's body is not needed. */
  release(): void;
  /** Whether undici's own retries stand over this request, or under it: `controller` and its number of `starts` show. */
  retriesToo(controller: Controller | null, starts: number): boolean;
}

export class Exchange implements HedgedOwner, Attempts {
  readonly #call: HttpCall;
  readonly #wire: Wire;
  readonly #handler: Handler;
  readonly #controller = new ExchangeController(this);
  #attemptAt = 0;
  /** The number of the attempt that is heard. */
  current = 0;
  readonly #timers = new AttemptTimers();
  readonly #wait = new AttemptWait(error => this.#ending.fail(error));
  #answered = false;
  /** How often the present attempt has started: more than once where something below sends it again. */
  #starts = 0;
  #held: HeldResponse | undefined;
  #lastError: Error | undefined;
  #retryInMs = 0;
  #body: BodyWatch | undefined;
  #thrown: unknown;
  /** Whether the caller would get no good answer: nothing takes the place of another. */
  #failing = false;
  readonly #stopListening: () => void;
  readonly #stale: StaleExchange | undefined;
  readonly #ending: Ending;

  /** `stale`: where stale answers are kept. */
  constructor(call: HttpCall, wire: Wire, handler: Handler, stale?: StaleExchange) {
    this.#stale = stale;
    this.#call = call;
    this.#wire = wire;
    this.#handler = handler;
    this.#stopListening = onAbort(call.request.signal, () => this.#callerAborted());
    this.#ending = new Ending({ call, wire, handler, stale, controller: this.#controller, attempts: this });
  }

  /** What the attempts so far have come to. */
  get #last(): LastOutcome {
    return { held: this.#held, error: this.#lastError, failing: this.#failing };
  }

  closeAttempts(): void {
    this.#timers.stop();
    this.#stopListening();
  }

  leaveAttempts(): void {
    this.current += 1;
    this.closeAttempts();
  }

  /** Makes the next attempt. Returns what the dispatcher did, which says false where it is busy; true where it is not asked. */
  next(): boolean {
    const entry = this.#call.enter();
    if (!(entry instanceof Promise)) return this.#begin(entry);
    // The caller's signal is listened to by the queue; an abort by the controller comes to `abortUnsent`.
    this.#wait.queue(entry, refusal => this.#begin(refusal));
    return true;
  }

  #begin(refused: AttemptRefusal | undefined): boolean {
    const refusal = refused ?? this.#call.acquire();
    if (!refusal) return this.#attempt();
    // As for a failing connection, the caller has had time to listen: `pipeline` hands out its stream only then.
    const { current } = this;
    queueMicrotask(() => current === this.current && this.#ending.lastWord(this.#last, refusal, true));
    return true;
  }

  #attempt(): boolean {
    this.#attemptAt = performance.now();
    this.#answered = false;
    this.#starts = 0;
    this.#held = undefined;
    this.#controller.inner = null;
    this.current += 1;
    const { current } = this;
    this.#timers.limit(this.#call, error => this.#giveUp(current, error));
    try {
      return this.#sendAttempt() !== false;
    } catch (error) {
      this.#timers.stop();
      this.#stopListening();
      this.#call.end();
      throw error;
    }
  }

  #sendAttempt(): boolean {
    const hedge = this.#call.hedge();
    const send = this.#wire.send.bind(this.#wire);
    if (hedge) return this.#sendHedged(new HedgedAttempt(this, hedge, send, this.#handler), hedge.afterMs);
    return this.#call.run(() => send(new AttemptListener(this, this.#handler, this.current)));
  }

  #sendHedged(attempt: HedgedAttempt, afterMs: number): boolean {
    this.#timers.add(afterMs, () => attempt.sendSecond());
    return this.#call.run(() => attempt.sendFirst());
  }

  started(controller: Controller, context: unknown): void {
    if (!isRedirected(context)) this.#starts += 1;
    this.#controller.inner = controller;
    this.#controller.started = true;
    this.forward(() => this.#handler.onRequestStart?.(this.#controller, context));
  }

  /** An upgrade, or a tunnel: its answer is its verdict, whatever travels through it then. */
  upgraded(status: number, headers: HeaderFields, socket: unknown): void {
    if (!this.#decide(this.statusOutcome(status, headers, false))) return;
    this.#answered = true;
    this.#stopListening();
    this.forward(() => this.#handler.onRequestUpgrade?.(this.#controller, status, headers, socket));
  }

  responded(status: number, headers: HeaderFields, statusText: string | undefined): void {
    if (status >= 200) {
      const decision = this.#decide(this.statusOutcome(status, headers, true));
      if (!decision) return;
      const { retryInMs, body } = decision;
      this.#answered = true;
      if (retryInMs !== undefined) {
        this.#retryInMs = retryInMs;
        this.#held = new HeldResponse(status, headers, statusText);
        this.#body = body;
        this.#cutLater();
        return;
      }
      if (this.#failing && this.#isReplaced({ status, headers }, body)) return;
      if (!this.#failing) this.#stale?.responded(status, headers, statusText);
      this.#body = body;
      this.#stopListening();
    }
    this.forward(() => this.#handler.onResponseStart?.(this.#controller, status, headers, statusText));
  }

  /** Whether another answer stands in its place. What is left of its body is not waited for. */
  #isReplaced(failure: { status: number; headers: HeaderFields }, body: BodyWatch | undefined): boolean {
    const { inner } = this.#controller;
    if (!this.#ending.fallBack(failure, false)) return false;
    body?.cancelled();
    inner?.abort(new Error('another answer stands in its place'));
    return true;
  }

  /** A body that drips must not hold up the next attempt. */
  #cutLater(): void {
    const ms = Math.min(Math.max(this.#retryInMs, MIN_KEEPING_MS), this.#call.timeLeftMs);
    this.#timers.add(ms, () => this.#cut(new Error('too slow to keep')));
  }

  /** An abort need not be told of: an interceptor below may take it for itself. */
  #cut(reason: Error): void {
    const { inner } = this.#controller;
    this.#waitForNext();
    inner?.abort(reason);
  }

  received(chunk: Buffer): void {
    this.#stale?.received(chunk);
    if (!this.#held) this.forward(() => this.#handler.onResponseData?.(this.#controller, chunk));
    else if (!this.#held.add(chunk)) this.#cut(new Error('too large to keep'));
  }

  ended(trailers: HeaderFields): void {
    if (this.#held) {
      this.#held.end(trailers, this.#controller);
      this.#waitForNext();
      return;
    }
    this.#body?.whole();
    this.#stale?.ended();
    this.forward(() => this.#handler.onResponseEnd?.(this.#controller, trailers));
  }

  failed(controller: Controller | null, error: Error): void {
    if (this.#held) return this.#waitForNext();
    this.#stale?.failed();
    const aborted = this.#controller.aborted || controller?.aborted === true;
    if (this.#answered) return this.#bodyFailed(error, aborted);
    const decision = this.#decide(
      error === this.#thrown ? this.#hookOutcome(error) : this.errorOutcome(error, aborted),
    );
    if (!decision) return;
    const { retryInMs } = decision;
    const failed = this.#failing && !aborted;
    if (retryInMs === undefined) return failed ? this.#ending.fallBackOrFail(error) : this.#ending.fail(error);
    this.#lastError = error;
    this.#retryInMs = retryInMs;
    this.#waitForNext();
  }

  #bodyFailed(error: Error, aborted: boolean): void {
    const { signal } = this.#call.request;
    // undici aborts a body with an error of its own, whatever the signal's reason.
    const isLate = isTimeout(error) || (isAborted(signal) && isTimeout(abortReason(signal)));
    if (error === this.#thrown || (aborted && !isLate)) this.#body?.cancelled();
    else this.#body?.broken(error);
    this.#ending.fail(error);
  }

  #waitForNext(): void {
    this.#timers.stop();
    // What was held back has arrived or is cut; until then it kept its place in the bulkhead.
    this.#body?.cancelled();
    this.#body = undefined;
    this.current += 1;
    this.#controller.inner = null;
    this.#wait.sleep(this.#retryInMs, () => {
      // Timers count in whole milliseconds.
      if (this.#call.timeLeftMs < 1) this.#outOfTime();
      else this.next();
    });
  }

  /** Letting go of the last response has taken what was left of the time: it answers, if it still can. */
  #outOfTime(): void {
    this.#call.end();
    this.#ending.lastWord(this.#last, new HttpTimeoutError('total', this.#call.settings.totalTimeoutMs), false);
  }

  /** While a connection is being made, or none is, undici hears no abort of the caller's. */
  #callerAborted(): void {
    if (!this.#controller.inner) this.abortUnsent(abortReason(this.#call.request.signal) as Error);
  }

  abortUnsent(reason: Error): void {
    if (this.#wait.active) this.#abortWait(reason);
    else this.#giveUp(this.current, reason);
  }

  #abortWait(reason: Error): void {
    this.#wait.cancel();
    this.current += 1;
    this.#call.end();
    this.#ending.fail(reason);
  }

  /** Undefined where the user's `classify` threw: then its error ends the call, and nothing is said about the host. */
  #decide(outcome: HttpOutcome): Decision | undefined {
    this.#timers.stop();
    try {
      const decision = this.#call.decide(this.#isRetriedElsewhere() ? { ...outcome, givenUp: true } : outcome);
      this.#failing = answerOf(decision.verdict) === 'bad';
      return decision;
    } catch (error) {
      const { inner } = this.#controller;
      this.thrown(error as Error);
      inner?.abort(error as Error);
      return undefined;
    }
  }

  #isRetriedElsewhere(): boolean {
    return this.#call.settings.retry !== undefined && this.#wire.retriesToo(this.#controller.inner, this.#starts);
  }

  thrown(error: Error): void {
    this.#call.end();
    this.current += 1;
    this.#ending.fail(error);
  }

  statusOutcome(status: number, headers: HeaderFields, bodyPending: boolean): HttpOutcome {
    return outcomeOfStatus(status, headers, bodyPending, this.#durationMs);
  }

  errorOutcome(error: Error, aborted = false): HttpOutcome {
    return outcomeOfFailure(error, aborted, this.#call.request, this.#durationMs);
  }

  /** The handler's own doing. */
  #hookOutcome(error: Error): HttpOutcome {
    return { kind: 'local', error, durationMs: this.#durationMs };
  }

  get #durationMs(): number {
    return performance.now() - this.#attemptAt;
  }

  /** What a handler throws is its own affair, and undici's; it says nothing about the host. */
  forward(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }

  /** An attempt that has not started yet is stopped when it does. */
  #giveUp(number: number, error: Error): void {
    if (number !== this.current) return;
    const { inner } = this.#controller;
    this.failed(null, error);
    this.current += 1;
    inner?.abort(error);
  }
}

/** By undici's redirect interceptor, which starts anew for each hop. */
function isRedirected(context: unknown): boolean {
  const { history } = (context ?? {}) as { history?: unknown };
  return Array.isArray(history) && history.length > 0;
}
