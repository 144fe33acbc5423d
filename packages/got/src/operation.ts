/** One call through got: its attempts, the hops of each, and what is told of them. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import {
  type AttemptRefusal,
  type BodyWatch,
  type Decision,
  type HttpCall,
  type HttpOutcome,
  type HttpRequest,
  HttpTimeoutError,
  outcomeOfError,
} from '@cutout/http';
import type { Options } from 'got';
import type { FailureOwner } from './failing-wire.ts';
import type { FallbackResponse } from './got-answer.ts';
import { describe } from './request.ts';
import type { StaleOperation } from './stale-operation.ts';

/** What is needed of a request on the wire. */
interface Wire extends Partial<Pick<ClientRequest, 'path' | 'method' | 'getHeader'>> {
  destroy(error?: Error): unknown;
}

export class Operation implements FailureOwner {
  readonly #call: HttpCall;
  readonly #stale: StaleOperation | undefined;
  #attemptAt = 0;
  #hopping = false;
  #isFirstHop = true;
  #sending = false;
  #ended = false;
  #decision: Decision | undefined;
  #lastError: Error | undefined;
  /** Whether the last word on the host was a failure. */
  #failing = false;
  #fellBack = false;
  /** The fallback's, until the round that is made for it. */
  #response: FallbackResponse | undefined;
  #wire: Wire | undefined;
  #timers: NodeJS.Timeout[] = [];
  #expired: HttpTimeoutError | undefined;

  /** `stale`: where stale answers are kept. */
  constructor(call: HttpCall, stale: StaleOperation | undefined) {
    this.#call = call;
    this.#stale = stale;
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

  /** Whether one of them has been asked: nothing comes after it. */
  get fellBack(): boolean {
    return this.#fellBack;
  }

  /** Whether the next round is the one in which the fallback answers. */
  get answering(): boolean {
    return this.#response !== undefined;
  }

  /**
   * Before each request on the wire. Returns what answers in its place, if anything does.
   *
   * @throws the refusal, or the last real error where an attempt went before.
   */
  begin(options: Options): Promise<FallbackResponse | undefined> | FallbackResponse | undefined {
    // The hooks of a client that was extended twice come twice.
    if (this.#sending) return undefined;
    const response = this.#response;
    this.#response = undefined;
    return response ? inPlace(response, options) : this.#acquire(options);
  }

  #acquire(options: Options): Promise<FallbackResponse | undefined> | undefined {
    if (!this.#hopping) this.#stale?.sending(options);
    const request = describe(options);
    const entry = this.#call.enter(request);
    if (entry instanceof Promise) return entry.then(refusal => this.#send(options, request, refusal));
    return this.#send(options, request, entry);
  }

  #send(options: Options, request: HttpRequest, refused?: AttemptRefusal): Promise<FallbackResponse> | undefined {
    const refusal = refused ?? (this.#hopping ? this.#call.hop(request) : this.#call.acquire(request));
    if (refusal) return inPlace(this.#refused(refusal), options);
    Object.assign(options.headers, this.#call.headers);
    if (!this.#hopping) this.#startTimers();
    this.#isFirstHop = !this.#hopping;
    this.#hopping = false;
    this.#sending = true;
    this.#decision = undefined;
    return undefined;
  }

  /** After an attempt its error goes the way of an error, at whose end the fallback is asked. */
  #refused(refusal: Error): Promise<FallbackResponse> {
    const asked = this.#lastError ? undefined : this.#ask(refusal, true);
    if (!asked) throw this.#lastError ?? refusal;
    return asked;
  }

  /** After the last attempt: milliseconds to the round in which the fallback answers; 0: it does not. */
  async fallBack(error: Error): Promise<number> {
    this.#response = await this.insteadOfError(error);
    return this.#response ? 1 : 0;
  }

  insteadOfError(error: Error): Promise<FallbackResponse> | undefined {
    if (this.#call.running) this.failed(error);
    return this.#failing ? this.#ask(error, false) : undefined;
  }

  insteadOfResponse(response: IncomingMessage): Promise<FallbackResponse> | undefined {
    const { statusCode = 0, statusMessage, headers } = response;
    // A redirect is followed, and is judged then.
    if (statusCode >= 300 && statusCode < 400) return undefined;
    const body = this.answered(response, true);
    const asked = this.#failing ? this.#ask({ statusCode, statusMessage, headers }, false) : undefined;
    if (asked) body?.cancelled();
    return asked;
  }

  #ask(failure: unknown, refused: boolean): Promise<FallbackResponse> | undefined {
    if (this.#fellBack) return undefined;
    const stale = this.#stale?.answer(failure);
    const asked = stale
      ? Promise.resolve(stale)
      : (this.#call.fallBack(failure, refused) as Promise<FallbackResponse> | undefined);
    this.#fellBack = asked !== undefined;
    return asked;
  }

  /** The request of this attempt, by which a time limit can end it. */
  onWire(wire: Wire): void {
    this.#wire = wire;
    if (this.#isFirstHop) this.#stale?.sent(wire);
    this.#sending = false;
    if (this.#expired) wire.destroy(this.#expired);
  }

  /** A redirect: this hop has answered, the next one is another origin's. */
  redirected(status: number): void {
    if (this.#hopping) return;
    this.#decide(status, {}, false, true);
    this.#hopping = true;
  }

  /** An answer whose body has been read, or is handed out. */
  answered(response: IncomingMessage, bodyPending: boolean): BodyWatch | undefined {
    this.#stopTimers();
    this.#sending = false;
    if (!this.#call.running) return this.#decision?.body;
    const { body } = this.#decide(response.statusCode ?? 0, response.headers, bodyPending);
    if (!this.#failing) this.#stale?.keep(response, bodyPending);
    return body;
  }

  /** The attempt ended with an error, or an answer that got takes for one. Milliseconds to the next; 0: there is none. */
  failed(error: Error): number {
    this.#stopTimers();
    this.#sending = false;
    if (this.#call.running) this.#judge(this.#outcomeOf(error));
    const delayMs = this.#decision?.retryInMs;
    this.#decision = undefined;
    this.#lastError = error;
    // got takes 0 for an end.
    return delayMs === undefined ? 0 : Math.max(1, Math.ceil(delayMs));
  }

  /** The call is over. What is still held tells of the end, an abort perhaps, which got tells no hook. */
  end(error?: Error): void {
    try {
      if (error) this.failed(error);
    } catch {
      // A `classify` threw about an error that the caller has already been given.
    }
    this.#stopTimers();
    this.#call.end();
    this.#ended = true;
  }

  #decide(status: number, headers: IncomingMessage['headers'], bodyPending: boolean, followed = false): Decision {
    const get = (name: string): string | null => (headers[name] === undefined ? null : String(headers[name]));
    return this.#judge(
      { kind: 'status', status, headers: { get }, bodyPending, durationMs: this.#durationMs },
      followed,
    );
  }

  /** A `classify` that throws surfaces its error, and has said nothing about the host. */
  #judge(outcome: HttpOutcome, followed = false): Decision {
    try {
      this.#decision = this.#call.decide(outcome, followed);
    } catch (error) {
      this.#call.end();
      throw error;
    }
    this.#failing = this.#decision.verdict.health === 'failure';
    return this.#decision;
  }

  #outcomeOf(error: Error): HttpOutcome {
    const cause = error.cause instanceof HttpTimeoutError ? error.cause : error;
    return outcomeOfError(cause, this.#call.request, this.#durationMs);
  }

  get #durationMs(): number {
    return performance.now() - this.#attemptAt;
  }

  #startTimers(): void {
    const { attemptTimeoutMs, totalTimeoutMs } = this.#call.settings;
    this.#stopTimers();
    this.#attemptAt = performance.now();
    this.#limit(attemptTimeoutMs, 'attempt', attemptTimeoutMs);
    this.#limit(this.#call.timeLeftMs, 'total', totalTimeoutMs);
  }

  #limit(ms: number, kind: 'attempt' | 'total', limitMs: number): void {
    if (ms > 2 ** 31 - 1) return;
    const expire = (): void => {
      this.#expired = new HttpTimeoutError(kind, limitMs);
      this.#wire?.destroy(this.#expired);
    };
    this.#timers.push(setTimeout(expire, Math.max(0, ms)));
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
    this.#expired = undefined;
    this.#wire = undefined;
  }
}

/** got's cache takes only a request for a request, and would wait for ever. */
function inPlace<T>(response: T, options: Options): T {
  options.cache = undefined;
  return response;
}
