/** One call through got: its attempts, the hops of each, and what is reported of them. */

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import {
  type AttemptRefusal,
  answerOf,
  type BodyWatch,
  type Decision,
  type HttpCall,
  type HttpOutcome,
  type HttpRequest,
} from '@cutout/http';
import type { Options } from 'got';
import { asError } from './as-error.ts';
import { AttemptTrace, isAgain, type Next } from './attempt-trace.ts';
import { CallLimits, type Expiry } from './call-limits.ts';
import type { FailureOwner } from './failing-wire.ts';
import type { FallbackResponse } from './got-answer.ts';
import { describe } from './request.ts';
import type { StaleOperation } from './stale-operation.ts';
import { type Gate, guardTransport, StandIn, waitsForBody } from './transport.ts';
import type { Wire, WireAnswer } from './wire-watch.ts';

export class Operation implements FailureOwner, Gate {
  readonly #call: HttpCall;
  readonly #stale: StaleOperation | undefined;
  readonly #limits: CallLimits;
  /** The application's own signal is put back at the end. */
  readonly #options = new Set<Options>();
  /** Of a body that got does not watch: one that closes early, or is piped into a stream. */
  #bodyFailed: () => boolean = () => false;
  #trace: AttemptTrace | undefined;
  #next: Next = 'attempt';
  #ended = false;
  #decision: Decision | undefined;
  #lastError: Error | undefined;
  /** Whether the last verdict on the host was a failure. */
  #failing = false;
  #fellBack = false;
  /** Whether its answer is still being made. */
  #fallingBack = false;
  /** The fallback's, until the round that is made for it. */
  #response: FallbackResponse | undefined;

  /** `stale`: where stale answers are kept. */
  constructor(call: HttpCall, stale: StaleOperation | undefined, options: Options) {
    this.#call = call;
    this.#stale = stale;
    this.#limits = new CallLimits(call.settings, call.request.signal, expiry => this.#expire(expiry));
    this.#follow(options);
  }

  get retries(): boolean {
    return this.#call.settings.retry !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a stale answer or a fallback may stand in for a failure. */
  get fallsBack(): boolean {
    return this.#call.fallsBack || this.#stale !== undefined;
  }

  /** Whether one of them has been called: nothing comes after it. */
  get fellBack(): boolean {
    return this.#fellBack;
  }

  /** Whether the next round is the one in which the fallback answers. */
  get answering(): boolean {
    return this.#response !== undefined;
  }

  /** What got follows: it aborts with the caller's signal and with a limit. */
  get signal(): AbortSignal | undefined {
    return this.#limits.signal;
  }

  /** Whether the source of the request body has failed. */
  watchBody(failed: () => boolean): void {
    this.#bodyFailed = failed;
  }

  /** Before the hooks of the application: what answers in place of the request, if anything does. */
  substitute(options: Options): FallbackResponse | StandIn | undefined {
    const response = this.#response;
    if (!response) return undefined;
    this.#response = undefined;
    // got's cache takes only a request for a request, and would wait for ever.
    options.cache = undefined;
    return waitsForBody(options) ? new StandIn(() => response, false) : response;
  }

  /** After them. */
  prepare(options: Options): void {
    if (this.#ended) return;
    this.#follow(options);
    guardTransport(options, this);
  }

  /** @throws the refusal, or the last real error where an attempt went before. */
  admit(
    options: Options,
    headers: OutgoingHttpHeaders,
  ): Promise<FallbackResponse | undefined> | FallbackResponse | undefined {
    if (this.#next !== 'hop') this.#stale?.sending(options);
    const request = { ...describe(options), bodyFailed: () => this.#bodyFailed() };
    const entry = this.#call.enter(request);
    if (entry instanceof Promise) {
      this.#limits.pause();
      return entry.then(refusal => this.#send(options, headers, request, refusal));
    }
    return this.#send(options, headers, request, entry);
  }

  #send(
    options: Options,
    headers: OutgoingHttpHeaders,
    request: HttpRequest,
    refused?: AttemptRefusal,
  ): Promise<FallbackResponse> | undefined {
    const refusal = refused ?? (this.#next === 'attempt' ? this.#call.acquire(request) : this.#call.hop(request));
    if (refusal) return this.#refused(refusal);
    Object.assign(headers, this.#call.headers);
    const startedAt = this.#next === 'hop' ? this.#trace?.startedAt : undefined;
    this.#trace = new AttemptTrace(options, startedAt ?? performance.now());
    if (startedAt === undefined || this.#limits.isPaused) this.#limits.window(this.#call.settings.attemptTimeoutMs);
    this.#decision = undefined;
    return undefined;
  }

  /** After an attempt its error goes the way of an error, at whose end the fallback is called. */
  #refused(refusal: Error): Promise<FallbackResponse> {
    const answer = this.#lastError ? undefined : this.#substitute(refusal, true);
    if (!answer) throw this.#lastError ?? refusal;
    return answer;
  }

  inApplication(isRunning: boolean): void {
    this.#trace?.inApplication(isRunning);
  }

  answeredBy(response: WireAnswer): void {
    this.#trace?.answeredBy(response);
  }

  /** After the last attempt: milliseconds to the round in which the fallback answers; 0: it does not. */
  async fallBack(error: Error): Promise<number> {
    this.#response = await this.insteadOfError(error);
    return this.#response ? 1 : 0;
  }

  insteadOfError(error: Error): Promise<FallbackResponse> | undefined {
    if (this.#call.running) {
      this.#trace?.wire?.failedBy(false);
      this.failed(error);
    }
    return this.#failing ? this.#substitute(error, false) : undefined;
  }

  insteadOfResponse(response: IncomingMessage): Promise<FallbackResponse> | undefined {
    const { statusCode = 0, statusMessage, headers } = response;
    // A redirect is followed, and is judged then.
    if (statusCode >= 300 && statusCode < 400) return undefined;
    this.#trace?.wire?.answeredBy(response);
    const body = this.answered(response, true);
    const answer = this.#failing ? this.#substitute({ statusCode, statusMessage, headers }, false) : undefined;
    if (answer) body?.cancelled();
    return answer;
  }

  #substitute(failure: unknown, refused: boolean): Promise<FallbackResponse> | undefined {
    if (this.#fellBack) return undefined;
    const stale = this.#stale?.answer(failure);
    const answer = stale
      ? Promise.resolve(stale)
      : (this.#call.fallBack(failure, refused) as Promise<FallbackResponse> | undefined);
    this.#fellBack = answer !== undefined;
    return answer && this.#untimed(answer);
  }

  /** A fallback has a time of its own. What got makes of its answer has that of an attempt. */
  async #untimed(answer: Promise<FallbackResponse>): Promise<FallbackResponse> {
    const { attemptTimeoutMs, totalTimeoutMs } = this.#call.settings;
    this.#fallingBack = true;
    this.#limits.stop();
    try {
      return await answer;
    } finally {
      this.#fallingBack = false;
      if (!this.#ended) this.#limits.window(Math.min(attemptTimeoutMs, totalTimeoutMs));
    }
  }

  /** The request that got sends. `isLeft`: whether the caller has destroyed the stream. */
  onWire(wire: Wire, isLeft: () => boolean): void {
    this.#trace?.onWire(wire, isLeft);
    if (this.#next !== 'hop')
      this.#stale?.sent(
        wire,
        Object.keys(this.#call.headers ?? {}).map(name => name.toLowerCase()),
      );
    this.#next = 'attempt';
  }

  /** An application that listens for it takes the connection over, and the call ends here. */
  switched(): void {
    this.#trace?.wire?.handedOver();
    this.end(undefined, true);
  }

  /** A redirect: this hop has answered, the next one is another origin's. */
  redirected(response: IncomingMessage): void {
    if (this.#call.running) this.#judgeUnread(response, false, true);
    this.#next = 'hop';
  }

  /** An answer whose body has been read, or is handed out. */
  answered(response: IncomingMessage, bodyPending: boolean): BodyWatch | undefined {
    if (!this.#call.running) {
      if (bodyPending) this.#limits.stop();
      return this.#decision?.body;
    }
    const { body } = bodyPending ? this.#judgeUnread(response, true) : this.#judge(this.#status(response, false));
    if (bodyPending) this.#limits.stop();
    if (!this.#failing) this.#stale?.keep(response, bodyPending);
    return body;
  }

  /** The attempt ended with an error, or an answer that got takes for one. Milliseconds to the next; 0: there is none. */
  failed(error: Error): number {
    if (isAgain(error)) return this.#again();
    this.#trace?.wire?.closeSwitched();
    if (this.#call.running) this.#judge(this.#traced.ofError(error, this.#call.request));
    const delayMs = this.#decision?.retryInMs;
    this.#decision = undefined;
    this.#lastError = error;
    if (!this.#ended) this.#limits.window(this.#call.settings.attemptTimeoutMs, delayMs);
    // got takes 0 for an end.
    return delayMs === undefined ? 0 : Math.max(1, Math.ceil(delayMs));
  }

  /** An `afterResponse` hook sends the request once more, with a new token perhaps: no retry, and no failure. */
  #again(): number {
    const answer = this.#trace?.answer;
    if (this.#call.running && answer) this.#judge(this.#status(answer, false), true);
    this.#decision = undefined;
    this.#next = 'round';
    this.#limits.window(this.#call.settings.attemptTimeoutMs);
    return 1;
  }

  /** got's own retry begins after so long. */
  waits(delayMs: number): number {
    if (!this.#ended) this.#limits.window(this.#call.settings.attemptTimeoutMs, delayMs);
    return delayMs;
  }

  /** The call is over. `isGood`: got has given its caller an answer. */
  end(error?: Error, isGood = false): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      if (error) this.failed(error);
      else if (isGood && this.#call.running && this.#trace?.answer)
        this.#judge(this.#status(this.#trace.answer, false));
    } catch {
      // A `classify` threw about an end that the caller has already been given.
    }
    this.#limits.name(error);
    this.#limits.stop();
    this.#trace?.wire?.closeSwitched();
    this.#call.end();
    for (const options of this.#options) {
      if (options.signal === this.#limits.signal) options.signal = this.#call.request.signal as Options['signal'];
    }
  }

  /** The caller has all of its answer: nothing follows the caller's signal any more. */
  unlink(): void {
    this.#limits.unlink();
  }

  /** got makes another `Options` for each hop and each attempt. */
  #follow(options: Options): void {
    this.#options.add(options);
    const { signal } = this.#limits;
    if (signal && options.signal === this.#call.request.signal) options.signal = signal;
  }

  #status(response: WireAnswer, bodyPending: boolean): HttpOutcome {
    const trace = this.#traced;
    return trace.ofStatus(trace.answer ?? response, bodyPending);
  }

  /** There is one wherever an attempt is under way. */
  get #traced(): AttemptTrace {
    return this.#trace as AttemptTrace;
  }

  /** An answer whose body has not been read. Where a `classify` throws, got would read all of it before it says so. */
  #judgeUnread(response: IncomingMessage, bodyPending: boolean, followed = false): Decision {
    try {
      return this.#judge(this.#status(response, bodyPending), followed);
    } catch (error) {
      // Later, so that this error comes before that of an answer that is cut off.
      setImmediate(() => response.destroy());
      throw error;
    }
  }

  /** A `classify` that throws surfaces its error, and has said nothing about the host. */
  #judge(outcome: HttpOutcome, followed = false): Decision {
    try {
      this.#decision = this.#call.decide(outcome, followed);
    } catch (error) {
      this.#failing = false;
      this.#call.end();
      throw error;
    }
    this.#failing = answerOf(this.#decision.verdict) === 'bad';
    return this.#decision;
  }

  #expire(expiry: Expiry): void {
    if (this.#ended || this.#fallingBack) return;
    const { attemptTimeoutMs } = this.#call.settings;
    // It is on its way through got.
    if (expiry.late && this.#trace?.isWhole) return this.#limits.window(attemptTimeoutMs);
    const wire = this.#call.running && !this.#trace?.isWhole ? this.#trace?.wire : undefined;
    const error = this.#judgeExpiry(expiry) ?? expiry.error;
    if (!wire) return this.#limits.abort(error);
    this.#limits.window(attemptTimeoutMs, this.#decision?.retryInMs);
    wire.end(error);
  }

  /** Returns what a `classify` throws, which takes the place of our error. */
  #judgeExpiry(expiry: Expiry): Error | undefined {
    if (!this.#call.running) return undefined;
    try {
      this.#judge(this.#traced.ofExpiry(expiry, this.#call.request));
    } catch (error) {
      return asError(error);
    }
    return undefined;
  }
}
