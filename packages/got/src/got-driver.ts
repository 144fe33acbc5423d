/**
 * Carries out the steps of one call through got, which sends, waits and follows redirects by itself. So a wait is handed
 * to got, whose next request is then due, and an outcome is recorded before got has decided whether it goes on.
 */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { HttpOutcome, HttpTimeoutError } from '@cutout/http';
import type { BodyTracker, CallMachine, Park, Send, Step, Throw } from '@cutout/http/adapter';
import type { Options } from 'got';
import { asError } from './as-error.ts';
import { AttemptTrace, isAgain } from './attempt-trace.ts';
import { answerFirst, type HookedCall, seeAnswers } from './call-hooks.ts';
import { CallLimits } from './call-limits.ts';
import type { FailureOwner } from './failing-wire.ts';
import type { FallbackResponse } from './got-answer.ts';
import type { GotStale } from './got-stale.ts';
import { BodyState, GotRequest } from './request.ts';
import { Substitute } from './substitute.ts';
import { type Gate, guardTransport } from './transport.ts';
import type { Wire, WireAnswer } from './wire-watch.ts';

/** A timer that is later than this may have fired before an answer in the socket was read. */
const LATE_MS = 50;

export class GotDriver implements FailureOwner, Gate, HookedCall {
  readonly substitute: Substitute;
  readonly bodyState: BodyState = new BodyState();
  /** Of the present request. */
  options: Options;
  ended = false;
  #call: CallMachine;
  /** Makes another call, where got goes on by its own rules after the end of the first. */
  readonly #begin: () => CallMachine;
  readonly #stale: GotStale | undefined;
  readonly #limits: CallLimits;
  #trace: AttemptTrace | undefined;
  /** Whether the next request is that of a redirect. */
  #isHop = false;
  /** Sent beyond those of the application. */
  #headers: Send['headers'];
  #lastError: Error | undefined;
  /** What follows from a refusal after an attempt, once got has come to the end of its error path. */
  #conclusion: Step | undefined;
  /** Tracks the body of a response that is handed out. */
  #body: BodyTracker | undefined;

  constructor(call: CallMachine, begin: () => CallMachine, stale: GotStale | undefined, options: Options) {
    this.#call = call;
    this.#begin = begin;
    this.#stale = stale;
    this.options = options;
    const { settings, entry, request } = call.target;
    this.#limits = new CallLimits(settings, entry.clock, request.signal, error => this.#expire(error));
    this.#limits.follow(options);
    this.substitute = new Substitute(this.#limits);
  }

  /** Whether further attempts are made by our rules. */
  get retries(): boolean {
    return this.#call.target.settings.retry !== undefined;
  }

  get mayReplace(): boolean {
    return this.#call.replacements.any;
  }

  /** What got follows: it aborts with the caller's signal and with a limit. */
  get signal(): AbortSignal | undefined {
    return this.#limits.signal;
  }

  /** After the hooks of the application, which may wait, or change the request. */
  prepare(options: Options): void {
    if (this.ended) return;
    this.options = options;
    this.#limits.follow(options);
    guardTransport(options, this);
  }

  /** @throws the refusal, or the last real error where an attempt went before. */
  admit(options: Options, headers: OutgoingHttpHeaders): Promise<FallbackResponse | undefined> | undefined {
    if (!this.#isHop) this.#stale?.sending(options);
    const step = this.#enter(new GotRequest(options, this.bodyState));
    return step.do === 'park' ? this.#wait(step, headers) : this.#carryOut(step, headers);
  }

  /** The machine knows which request this is. Where it expects none, got goes on after the end of the call. */
  #enter(request: GotRequest): Step {
    let step = this.#call.start(request);
    if (step.do === 'none') step = this.#call.due(request);
    if (step.do === 'none') step = this.#call.hop(request);
    if (step.do !== 'none') return step;
    this.#call.end();
    this.#call = this.#begin();
    if (this.#stale) this.#call.replacements.keep(this.#stale);
    return this.#call.start(request);
  }

  async #wait({ turn }: Park, headers: OutgoingHttpHeaders): Promise<FallbackResponse | undefined> {
    this.#limits.pause();
    const refusal = await turn.catch(reason => {
      this.#call.aborted(reason);
      throw reason;
    });
    return this.#carryOut(this.#call.turn(refusal), headers);
  }

  #carryOut(step: Step, headers: OutgoingHttpHeaders): Promise<FallbackResponse> | undefined {
    if (step.do === 'send') return this.#send(step, headers);
    this.#isHop = false;
    if (step.do === 'throw' && step.byHook) throw step.error;
    if (this.#lastError) {
      this.#conclusion = step;
      throw this.#lastError;
    }
    const answer = step.do === 'ask' ? this.substitute.find(this.#call, step, step.failure) : undefined;
    if (answer) return answer;
    throw step.do === 'ask' ? step.failure : (step as Throw).error;
  }

  #send(step: Send, headers: OutgoingHttpHeaders): undefined {
    if (step.headers) Object.assign(headers, step.headers);
    const isHop = this.#isHop && this.#trace !== undefined;
    this.#trace = new AttemptTrace(this.options, this.#call.target, isHop ? this.#trace : undefined);
    this.#headers = step.headers;
    this.#isHop = false;
    if (this.#mustSeeAnswers) seeAnswers(this.options, this);
    const { attemptTimeoutMs } = this.#call.target.settings;
    if (isHop) this.#limits.resume(attemptTimeoutMs);
    else this.#limits.window(attemptTimeoutMs);
  }

  /** Else the end of the call is early enough, and a hook costs got more than all that is recorded. */
  get #mustSeeAnswers(): boolean {
    const { classify, hasOwnStatusTest, admitting, recording } = this.#call.target.settings;
    const mayThrow = classify !== undefined || hasOwnStatusTest || admitting !== undefined || recording.length > 0;
    return mayThrow || this.#stale !== undefined || this.options.hooks.afterResponse.length > 0;
  }

  inApplication(isRunning: boolean): void {
    this.#trace?.inApplication(isRunning);
  }

  answeredBy(response: WireAnswer): void {
    this.#trace?.answeredBy(response);
  }

  /** The request that got sends. `isLeft`: whether the caller has destroyed the stream. */
  onWire(wire: Wire, isLeft: () => boolean): void {
    this.#trace?.onWire(wire, isLeft);
    if (!this.#trace?.isHop) this.#stale?.sent(wire, this.#headers);
  }

  /** An application that listens for it takes the connection over, and the call ends here. */
  switched(): void {
    this.#trace?.wire?.handedOver();
    this.end(undefined, true);
  }

  /** This hop has answered, and the next one may be another origin's. */
  redirected(response: IncomingMessage): void {
    if (this.#call.isRunning) this.#recordUnread(response, false);
    this.#isHop = true;
  }

  /** got has read an answer, and the hooks of the application come next. */
  answered(response: IncomingMessage): void {
    if (this.ended || !this.#call.isRunning) return;
    this.#record(this.#traced.ofStatus(response, false));
    this.#stale?.read(response);
  }

  /** got hands out the response of a stream. */
  handedOut(response: IncomingMessage): BodyTracker | undefined {
    let step = this.#concludeUnread(response, response);
    while (step.do === 'ask') step = this.#call.unanswered();
    return this.#body;
  }

  /** Before got sees the response of a stream. */
  replaceResponse(response: IncomingMessage): Promise<FallbackResponse> | undefined {
    const { statusCode = 0, statusMessage, headers } = response;
    // A redirect is followed, and is recorded then.
    if (statusCode >= 300 && statusCode < 400) return undefined;
    this.#trace?.wire?.answeredBy(response);
    const failure = { statusCode, statusMessage, headers };
    return this.substitute.find(this.#call, this.#concludeUnread(response, failure), failure);
  }

  /** Before got sees the error of a stream. */
  replaceError(error: Error): Promise<FallbackResponse> | undefined {
    if (this.#call.isRunning) this.#trace?.wire?.failedBy(false);
    this.#recordError(error);
    return this.substitute.find(this.#call, this.#call.concluded(error, false, false), error);
  }

  /** After an attempt that failed: milliseconds to the next round, or 0 where the error stands. */
  delayAfter(error: Error): number | Promise<number> {
    if (isAgain(error)) return this.#again();
    this.#recordError(error);
    return this.#conclude(error);
  }

  /** The same where the rules of got are in force. `ownDelay`: milliseconds by them. */
  async ownDelayAfter(error: Error, ownDelay: () => number | Promise<number>): Promise<number> {
    if (isAgain(error)) this.#again();
    else this.#recordError(error);
    if (this.substitute.isFound) return 0;
    const delayMs = await ownDelay();
    if (!delayMs) return this.#conclude(error);
    if (isAgain(error)) return delayMs;
    this.#call.repeated(error);
    this.#conclusion = undefined;
    this.#lastError = error;
    this.#limits.window(this.#call.target.settings.attemptTimeoutMs, delayMs);
    return delayMs;
  }

  /** Before the next round, which the application may have begun by a `calculateDelay` of its own. */
  retrying(error: Error): void {
    if (isAgain(error)) return;
    this.#recordError(error);
    this.#call.repeated(error);
  }

  /** The call is over. `isGood`: got has given its caller an answer. */
  end(error?: Error, isGood = false): void {
    if (this.ended) return;
    this.ended = true;
    try {
      if (error) this.#recordError(error);
      else if (isGood) this.#recordUnseen();
      if (error || isGood) this.#concluded(error, false);
    } catch {
      // A `classify` threw about an end that the caller has already been given.
    }
    this.#limits.end(error);
    this.#trace?.wire?.closeSwitched();
    this.#body?.cancelled();
    this.#call.end();
  }

  /** The caller has all of its answer: nothing follows the caller's signal any more. */
  unlink(): void {
    this.#limits.unlink();
  }

  /** An `afterResponse` hook sends the request once more, with a new token perhaps: no retry, and no failure. */
  #again(): number {
    this.#recordUnseen();
    this.#stale?.pass();
    this.#limits.window(this.#call.target.settings.attemptTimeoutMs);
    return 1;
  }

  /** got does not go on by itself. */
  #conclude(error: Error): number | Promise<number> {
    const step = this.#conclusion ?? this.#concluded(error, true);
    this.#conclusion = undefined;
    this.#lastError = error;
    const delayMs = step.do === 'sleep' ? step.ms : 0;
    this.#limits.window(this.#call.target.settings.attemptTimeoutMs, delayMs);
    // got takes 0 for an end.
    if (step.do === 'sleep') return Math.max(1, Math.ceil(delayMs));
    const answer = this.substitute.find(this.#call, step, error);
    return answer ? this.#answerIn(answer) : 0;
  }

  /** An answer has been read by then, and an error that got makes of it can be thrown at any time. */
  #concluded(shown: unknown, mayRetry: boolean): Step {
    const step = this.#call.concluded(shown, this.#trace?.answer !== undefined, mayRetry);
    if (step.do === 'sleep') this.#call.buffered(true);
    if (step.do === 'deliver' && step.isGood) this.#stale?.keep();
    return step;
  }

  /** The answer comes in a round that sends nothing. */
  async #answerIn(answer: Promise<FallbackResponse>): Promise<number> {
    this.substitute.keep(await answer);
    answerFirst(this.options, this);
    return 1;
  }

  /** No attempt follows a response that is handed out, or replaced. */
  #concludeUnread(response: IncomingMessage, shown: unknown): Step {
    if (this.#call.isRunning) this.#recordUnread(response, true);
    const step = this.#call.concluded(shown, true, false);
    this.#limits.stop();
    if (step.do === 'ask' || step.do === 'deliver') this.#body = step.body;
    if (step.do === 'deliver' && step.isGood) this.#stale?.pass(response.statusCode);
    return step;
  }

  /** An answer that none of our hooks has seen. */
  #recordUnseen(): void {
    const answer = this.#trace?.answer;
    if (answer && this.#call.isRunning) this.#record(this.#traced.ofStatus(answer, false));
  }

  #recordError(error: Error): void {
    this.#trace?.wire?.closeSwitched();
    if (this.#call.isRunning) this.#record(this.#traced.ofError(error, this.#call.target.request));
  }

  /** An answer whose body has not been read. Where a `classify` throws, got would read all of it before it says so. */
  #recordUnread(response: IncomingMessage, bodyPending: boolean): void {
    try {
      this.#record(this.#traced.ofStatus(response, bodyPending));
    } catch (error) {
      // Later, so that this error comes before that of an answer that is cut off.
      setImmediate(() => response.destroy());
      throw error;
    }
  }

  /** @throws what a function of the user's throws. */
  #record(outcome: HttpOutcome): void {
    const step = this.#call.followed(outcome);
    if (step.do === 'throw') throw step.error;
  }

  /** There is one wherever a request is under way. */
  get #traced(): AttemptTrace {
    return this.#trace as AttemptTrace;
  }

  #expire(error: HttpTimeoutError): void {
    if (this.ended || this.substitute.isAsking) return;
    const { attemptTimeoutMs } = this.#call.target.settings;
    const { isWhole, wire } = this.#trace ?? {};
    // It is on its way through got.
    if (error.lateMs > LATE_MS && isWhole) return this.#limits.window(attemptTimeoutMs);
    const isOnWire = this.#call.isRunning && !isWhole;
    const end = this.#recordExpiry(error);
    if (!wire || !isOnWire) return this.#limits.abort(end);
    this.#limits.window(attemptTimeoutMs);
    wire.end(end);
  }

  /** Returns what the call ends with: what a `classify` throws takes the place of our error. */
  #recordExpiry(error: HttpTimeoutError): Error {
    try {
      if (this.#call.isRunning) this.#record(this.#traced.ofExpiry(error, this.#call.target.request));
      return error;
    } catch (thrown) {
      return asError(thrown);
    }
  }
}
