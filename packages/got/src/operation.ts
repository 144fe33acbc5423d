/** One call through got: its attempts, the hops of each, and what is told of them. */

import type { IncomingMessage } from 'node:http';
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
import { describe } from './request.ts';

/** What is needed of a request on the wire. */
interface Wire {
  destroy(error?: Error): unknown;
}

export class Operation {
  readonly #call: HttpCall;
  #attemptAt = 0;
  #hopping = false;
  #sending = false;
  #ended = false;
  #decision: Decision | undefined;
  #lastError: Error | undefined;
  #wire: Wire | undefined;
  #timers: NodeJS.Timeout[] = [];
  #expired: HttpTimeoutError | undefined;

  constructor(call: HttpCall) {
    this.#call = call;
  }

  get retries(): boolean {
    return this.#call.settings.retry !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Before each request on the wire. @throws the refusal, or the last real error where an attempt went before. */
  begin(options: Options): void | Promise<void> {
    // The hooks of a client that was extended twice come twice.
    if (this.#sending) return;
    const request = describe(options);
    const entry = this.#call.enter(request);
    if (entry instanceof Promise) return entry.then(refusal => this.#send(options, request, refusal));
    return this.#send(options, request, entry);
  }

  #send(options: Options, request: HttpRequest, refused: AttemptRefusal | undefined): void {
    const refusal = refused ?? (this.#hopping ? this.#call.hop(request) : this.#call.acquire(request));
    if (refusal) throw this.#lastError ?? refusal;
    Object.assign(options.headers, this.#call.headers);
    if (!this.#hopping) this.#startTimers();
    this.#hopping = false;
    this.#sending = true;
    this.#decision = undefined;
  }

  /** The request of this attempt, by which a time limit can end it. */
  onWire(wire: Wire): void {
    this.#wire = wire;
    this.#sending = false;
    if (this.#expired) wire.destroy(this.#expired);
  }

  /** A redirect: this hop has answered, the next one is another origin's. */
  redirected(status: number): void {
    if (this.#hopping) return;
    this.#decide(status, {}, false);
    this.#hopping = true;
  }

  /** An answer whose body has been read, or is handed out. */
  answered(response: IncomingMessage, bodyPending: boolean): BodyWatch | undefined {
    this.#stopTimers();
    this.#sending = false;
    if (!this.#call.running) return undefined;
    return this.#decide(response.statusCode ?? 0, response.headers, bodyPending).body;
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

  #decide(status: number, headers: IncomingMessage['headers'], bodyPending: boolean): Decision {
    const get = (name: string): string | null => (headers[name] === undefined ? null : String(headers[name]));
    return this.#judge({ kind: 'status', status, headers: { get }, bodyPending, durationMs: this.#durationMs });
  }

  /** A `classify` that throws surfaces its error, and has said nothing about the host. */
  #judge(outcome: HttpOutcome): Decision {
    try {
      this.#decision = this.#call.decide(outcome);
    } catch (error) {
      this.#call.end();
      throw error;
    }
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
