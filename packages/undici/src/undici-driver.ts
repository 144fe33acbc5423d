/** Carries out the steps of one call through a dispatcher, and reports what its requests come to as events of the call. */

import type { Clock } from '@cutout/core';
import { report } from '@cutout/core/internal';
import type { HttpOutcome } from '@cutout/http';
import {
  type Ask,
  abortReason,
  type BodyTracker,
  type CallMachine,
  type Deliver,
  isLate,
  onAbort,
  type Park,
  type Send,
  type Sleep,
  type Step,
} from '@cutout/http/adapter';
import { BufferedResponse } from './buffered-response.ts';
import { CallController } from './call-controller.ts';
import type { CheckedAnswer } from './dispatch-answer.ts';
import { asError, type HeaderFields } from './handler.ts';
import type { KeptResponses } from './kept-responses.ts';
import { type FailureCause, isLeft, outcomeOfFailure } from './outcomes.ts';
import { Replay } from './replay.ts';
import { type Dispatched, type DispatchOptions, optionsToSend } from './request.ts';
import { ResponseHead, StatusOutcome } from './response-head.ts';
import { type RequestEvents, SentRequest } from './sent-request.ts';
import { Timers } from './timers.ts';

export class UndiciDriver implements RequestEvents {
  readonly #call: CallMachine;
  readonly #given: Dispatched;
  readonly #kept: KeptResponses | undefined;
  readonly #controller: CallController;
  #first: SentRequest | undefined;
  #hedge: SentRequest | undefined;
  /** Whether the attempt may have two requests. The handler knows of one, and has no controller of it until it is answered. */
  #mayRace = false;
  #hasStarted = false;
  /** The response that the attempt has ended with. */
  #head: ResponseHead | undefined;
  #buffered: BufferedResponse | undefined;
  #isDelivered = false;
  #body: BodyTracker | undefined;
  /** Whether a controller aborted the attempt, which the policy does not see. */
  #isAborted = false;
  #isOver = false;
  readonly #clock: Required<Clock>;
  #existingTimers: Timers | undefined;
  #stopListening: (() => void) | undefined;

  constructor(call: CallMachine, given: Dispatched, kept: KeptResponses | undefined) {
    this.#call = call;
    this.#clock = call.target.entry.clock;
    this.#given = given;
    this.#kept = kept;
    this.#controller = new CallController(this);
    if (kept) call.replacements.keep(kept);
  }

  /** Begins the call. Returns what the dispatcher did: false where it is busy. */
  start(): boolean {
    const { signal } = this.#call.target.request;
    if (signal) this.#stopListening = onAbort(signal, () => this.#callerAborted());
    const step = this.#call.start();
    if (step.do === 'send') return this.#send(step);
    if (step.do === 'park') this.#park(step);
    else this.#performLater(step);
    return true;
  }

  /** As with a failing connection, the caller has time to listen: `pipeline` hands out its stream only then. */
  #performLater(step: Step): void {
    queueMicrotask(() => !this.#isOver && this.#perform(step));
  }

  #perform(step: Step): void {
    switch (step.do) {
      case 'send':
        return void this.#send(step);
      case 'park':
        return this.#park(step);
      case 'sleep':
        return this.#sleep(step);
      case 'deliver':
        return this.#deliver(step);
      case 'ask':
        return this.#ask(step);
      case 'answer':
        return this.#replay(step.answer as CheckedAnswer);
      case 'throw':
        return this.#fail(step.error);
      case 'set-aside':
      case 'none':
        return;
      default:
        step satisfies never;
    }
  }

  /** An abort by the controller is reported by `abortUnsent`; the queue itself listens to the caller's signal. */
  #park({ turn }: Park): void {
    turn.then(
      refusal => this.#perform(this.#call.turn(refusal)),
      reason => this.#perform(this.#call.aborted(reason)),
    );
  }

  #send(step: Send): boolean {
    const sent = new SentRequest(this, this.#given, step.req, this.#clock.now());
    if (step.req === 1) this.#beginAttempt(step, sent);
    else this.#hedge = sent;
    try {
      const options = optionsToSend(this.#given, step.headers);
      return (this.#call.isObserved ? this.#sendObserved(options, sent) : sent.dispatch(options)) !== false;
    } catch (error) {
      sent.refused(error);
      return true;
    }
  }

  #sendObserved(options: DispatchOptions, sent: SentRequest): boolean {
    return this.#call.run(sent.req, () => sent.dispatch(options));
  }

  #beginAttempt({ limitMs, hedge }: Send, sent: SentRequest): void {
    this.#first = sent;
    this.#hedge = undefined;
    this.#head = undefined;
    this.#buffered = undefined;
    this.#hasStarted = false;
    this.#mayRace = hedge !== undefined;
    this.#existingTimers?.stop();
    if (limitMs < Number.POSITIVE_INFINITY)
      this.#timers.limit(limitMs, lateMs => this.#stop(this.#call.target.attemptError(lateMs), 'other'));
    if (hedge) this.#waitForHedge(hedge.afterMs);
  }

  /** A wait that the process slept through begins again: the answer may be here already. */
  #waitForHedge(ms: number): void {
    this.#timers.limit(ms, lateMs => {
      if (isLate(lateMs, ms)) this.#waitForHedge(ms);
      else this.#perform(this.#call.hedgeDue());
    });
  }

  started(sent: SentRequest, context: unknown): void {
    if (!this.#mayRace) this.#controller.inner = sent.controller;
    else if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#controller.started = true;
    this.#given.handler.onRequestStart?.(this.#controller, context);
  }

  /** An upgrade, or a tunnel. Its answer alone is reported, whatever travels through it then. */
  upgraded(sent: SentRequest, status: number, headers: HeaderFields, socket: unknown): void {
    const step = this.#answered(sent, new ResponseHead(status, headers), false);
    if (step.do !== 'deliver') return this.#perform(step);
    this.#isDelivered = true;
    this.#close();
    this.#given.handler.onRequestUpgrade?.(this.#controller, status, headers, socket);
  }

  responded(sent: SentRequest, status: number, headers: HeaderFields, statusText: string | undefined): void {
    const head = new ResponseHead(status, headers, statusText);
    if (status >= 200) this.#perform(this.#answered(sent, head, true));
    else if (sent.req === 1) this.#forwardHead(head);
  }

  #answered(sent: SentRequest, head: ResponseHead, bodyPending: boolean): Step {
    const outcome = new StatusOutcome(head, this.#clock.now() - sent.startedAt, bodyPending, sent);
    const step = this.#call.head(sent.req, outcome, head);
    if (step.do === 'set-aside') sent.cancel(new Error('the other request is waited for'));
    if (step.do === 'set-aside' || step.do === 'none') return step;
    this.#head = head;
    this.#endAttempt(step);
    if (this.#mayRace) this.#controller.inner = sent.controller;
    if (step.do === 'sleep') this.#buffer(sent, head, step);
    return step;
  }

  /** The attempt has its outcome. The other request of a race is not needed. */
  #endAttempt(step: Step): void {
    this.#existingTimers?.stop();
    const cancel = 'cancel' in step ? step.cancel : undefined;
    if (cancel) (cancel === 1 ? this.#first : this.#hedge)?.cancel(new Error('the other request was answered first'));
  }

  #deliver({ isGood, body }: Deliver): void {
    if (this.#buffered) return this.#replay(this.#buffered.answer);
    const head = this.#head as ResponseHead;
    this.#head = undefined;
    this.#isDelivered = true;
    this.#body = body;
    this.#close();
    if (isGood) this.#kept?.responded(head);
    this.#forwardHead(head);
  }

  #forwardHead({ status, headers, statusText }: ResponseHead): void {
    this.#given.handler.onResponseStart?.(this.#controller, status, headers, statusText);
  }

  /** A response that drips must not hold up the next attempt. The caller's handler has no part in it. */
  #buffer(sent: SentRequest, head: ResponseHead, { bufferMs }: Sleep): void {
    this.#buffered = new BufferedResponse(head);
    this.#controller.inner = null;
    this.#timers.wait(bufferMs, () => this.#cut(sent, new Error('too slow to keep')));
  }

  /** An interceptor below may keep the abort from undici: its end is not waited for. */
  #cut(sent: SentRequest, reason: Error): void {
    sent.cancel(reason);
    this.#perform(this.#call.buffered(false));
  }

  #sleep({ ms }: Sleep): void {
    this.#controller.inner = null;
    this.#timers.wait(ms, () => this.#perform(this.#call.due()));
  }

  received(sent: SentRequest, chunk: Buffer): void {
    if (this.#buffered) {
      if (!this.#buffered.add(chunk)) this.#cut(sent, new Error('too large to keep'));
      return;
    }
    this.#kept?.received(chunk);
    this.#given.handler.onResponseData?.(this.#controller, chunk);
  }

  ended(sent: SentRequest, trailers: HeaderFields): void {
    if (this.#buffered) {
      sent.end();
      this.#buffered.end(trailers, sent.controller);
      return this.#perform(this.#call.buffered(true));
    }
    this.#body?.whole();
    this.#kept?.ended();
    this.#given.handler.onResponseEnd?.(this.#controller, trailers);
  }

  failed(sent: SentRequest, error: Error, causeBelow: FailureCause): void {
    if (this.#buffered) return this.#perform(this.#call.buffered(false));
    const cause = causeBelow === 'other' && this.#controller.aborted ? 'abort' : causeBelow;
    if (this.#isDelivered) return this.#bodyFailed(error, cause);
    this.#isAborted = cause === 'abort';
    const outcome = this.#outcomeOf(error, cause, sent);
    const step = this.#call.failed(sent.req, sent.isSentAgain ? { ...outcome, isExhausted: true } : outcome, error);
    if (step.do !== 'set-aside' && step.do !== 'none') this.#endAttempt(step);
    this.#perform(step);
  }

  #outcomeOf(error: Error, cause: FailureCause, { startedAt }: SentRequest): HttpOutcome {
    return outcomeOfFailure(error, cause, this.#call.target.request, this.#clock.now() - startedAt);
  }

  #bodyFailed(error: Error, cause: FailureCause): void {
    this.#kept?.failed();
    if (isLeft(error, cause, this.#call.target.request)) this.#body?.cancelled();
    else this.#body?.broken(error);
    this.#fail(error);
  }

  /** undici does not see the caller's abort while a connection is being made, or none is. */
  #callerAborted(): void {
    if (!this.#controller.inner) this.abortUnsent(abortReason(this.#call.target.request.signal) as Error);
  }

  /** By the controller or the caller's signal, while there is no request, or none that has begun alone. */
  abortUnsent(reason: Error): void {
    if (this.#isOver) return;
    if (this.#call.isRunning) return this.#stop(reason, 'abort');
    const step = this.#call.aborted(reason);
    // A refusal may be on its way already.
    this.#perform(step.do === 'none' ? { do: 'throw', error: reason, byHook: false } : step);
  }

  /** A limit or the caller has ended the attempt, with its hedge. */
  #stop(error: Error, cause: FailureCause): void {
    this.#isAborted = cause === 'abort';
    const step = this.#call.stopped(this.#outcomeOf(error, cause, this.#first as SentRequest), error);
    this.#existingTimers?.stop();
    this.#cancelRequests(error);
    this.#perform(step);
  }

  #cancelRequests(reason: Error): void {
    this.#first?.cancel(reason);
    this.#hedge?.cancel(reason);
  }

  #ask(step: Ask): void {
    let answer: unknown;
    try {
      answer = this.#isAborted || this.#controller.aborted ? undefined : step.source.answer(step);
    } catch (error) {
      step.body?.cancelled();
      return this.#perform(this.#call.answerFailed(error));
    }
    return answer === undefined ? this.#perform(this.#call.unanswered()) : this.#replaceWith(answer, step);
  }

  #replaceWith(answer: unknown, { refused, body }: Ask): void {
    if (refused) this.#given.body?.release();
    body?.cancelled();
    this.#controller.inner = null;
    this.#cancelRequests(new Error('another answer takes its place'));
    if (!(answer instanceof Promise)) return this.#perform(this.#call.answered(answer));
    answer.then(
      given => this.#perform(this.#call.answered(given)),
      error => this.#perform(this.#call.answerFailed(error)),
    );
  }

  #replay(answer: CheckedAnswer): void {
    this.#close();
    this.#call.end();
    const replay = new Replay(this.#given.handler, this.#controller, this.#controller.started);
    this.#controller.inner = replay;
    void replay.play(answer);
  }

  #fail(reason: unknown): void {
    const error = asError(reason);
    this.#isOver = true;
    this.#close();
    this.#call.end();
    this.#cancelRequests(error);
    try {
      this.#given.handler.onResponseError?.(this.#controller.started ? this.#controller : null, error);
    } catch (thrown) {
      // Some ways here begin at a timer or a promise, where it would end the process.
      report('[@cutout/undici] onResponseError of a handler threw', thrown);
    }
  }

  get #timers(): Timers {
    this.#existingTimers ??= new Timers(this.#clock);
    return this.#existingTimers;
  }

  /** The call needs neither its limits nor the caller's signal any more. */
  #close(): void {
    this.#existingTimers?.stop();
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
