/** What is seen of one request, and what its end says: about the host, or about the application and got themselves. */

import type { Clock } from '@cutout/core';
import { type HttpOutcome, type HttpRequest, HttpTimeoutError } from '@cutout/http';
import { type CallMachine, isAborted, outcomeOfError } from '@cutout/http/adapter';
import type { Options } from 'got';
import { AnswerHeaders } from './request.ts';
import { type Wire, type WireAnswer, WireWatch } from './wire-watch.ts';

export class AttemptTrace {
  readonly isHop: boolean;
  readonly #clock: Clock;
  /** Of the attempt. */
  readonly #startedAt: number;
  /** Over HTTP/2 got connects before there is a request. */
  readonly #connectsFirst: boolean;
  readonly #connectsByTls: boolean;
  /** Whether the application looks hosts up by itself. */
  readonly #looksUp: boolean;
  #wire: WireWatch | undefined;
  /** From the application's own `request` function. */
  #ownAnswer: WireAnswer | undefined;
  #inApplication = false;
  #limit: HttpTimeoutError | undefined;

  /** `from`: the hop before, of the same attempt. */
  constructor({ http2, dnsLookup }: Options, { request, entry }: CallMachine['target'], from?: AttemptTrace) {
    this.#clock = entry.clock;
    this.isHop = from !== undefined;
    this.#startedAt = from ? from.#startedAt : entry.clock.now();
    this.#connectsFirst = http2;
    this.#connectsByTls = request.url.startsWith('https:');
    this.#looksUp = dnsLookup !== undefined;
  }

  get wire(): WireWatch | undefined {
    return this.#wire;
  }

  /** What the host answered. got's own response is that of its cache where nothing has changed. */
  get answer(): WireAnswer | undefined {
    return this.#wire?.answer ?? this.#ownAnswer;
  }

  /** Whether an answer has arrived whole, so that what is still waited for is no longer the host. */
  get isWhole(): boolean {
    return this.#wire?.answer?.complete === true && !this.#wire.switched;
  }

  /** `isLeft`: whether the caller has destroyed the stream. */
  onWire(wire: Wire, isLeft: () => boolean): void {
    this.#wire = new WireWatch(wire, isLeft);
  }

  answeredBy(response: WireAnswer): void {
    this.#ownAnswer = response;
  }

  inApplication(isRunning: boolean): void {
    this.#inApplication = isRunning;
  }

  /** `response`: got's own, where nothing else is seen. */
  ofStatus(response: WireAnswer, bodyPending: boolean): HttpOutcome {
    const answer = this.answer ?? response;
    const { statusCode: status = 0 } = answer;
    const durationMs = this.#durationMs;
    if (this.#connectsByTls && isOfProxy(answer))
      return { kind: 'proxy', nothingSent: true, durationMs, proxyStatus: status };
    return { kind: 'status', status, headers: new AnswerHeaders(answer), bodyPending, durationMs };
  }

  /** A limit passed. Where the application or got itself is what is waited for, the host has no part in it. */
  ofExpiry(error: HttpTimeoutError, request: HttpRequest): HttpOutcome {
    if (this.isWhole || !this.#isWithHost) return this.#ofOurselves(error);
    this.#limit = error;
    return this.ofError(error, request);
  }

  /** An error of the connection is the host's. Any other says nothing of it, and an answer that went before stands. */
  ofError(error: Error, request: HttpRequest): HttpOutcome {
    const limit = this.#limit ?? (error.cause instanceof HttpTimeoutError ? error.cause : undefined);
    if (limit || isAborted(request.signal) || this.#isOfConnection(error))
      return outcomeOfError(limit ?? error, request, this.#durationMs);
    return this.#ofOurselves(error);
  }

  #ofOurselves(error: Error): HttpOutcome {
    const { answer } = this;
    // got's own limit, whatever the last hop answered.
    if (answer && error.name !== 'MaxRedirectsError') return this.ofStatus(answer, false);
    return { kind: 'local', error, durationMs: this.#durationMs };
  }

  get #isWithHost(): boolean {
    return this.#wire ? this.#wire.hasHost(this.#looksUp) : this.#isConnecting;
  }

  get #isConnecting(): boolean {
    return this.#connectsFirst && !this.#inApplication;
  }

  #isOfConnection(error: Error): boolean {
    // The source of the body.
    if (error.name === 'UploadError') return false;
    return this.#wire ? this.#wire.failed || isReadFailure(error) : this.#isConnecting && hasCode(error);
  }

  get #durationMs(): number {
    return this.#clock.now() - this.#startedAt;
  }
}

/** How got reports an answer that breaks off, and its own timeouts. */
export function isReadFailure({ name }: Error): boolean {
  return name === 'ReadError' || name === 'TimeoutError';
}

/** How got reports that an `afterResponse` hook sends the request once more. */
export function isAgain(error: Error): boolean {
  return (error as { code?: unknown }).code === 'ERR_RETRYING';
}

/** What a function of the application throws has none of the system's codes. */
function hasCode(error: Error): boolean {
  return (error as { code?: unknown }).code !== 'ERR_GOT_REQUEST_ERROR';
}

/**
 * Agents hand a proxy's refusal to CONNECT on as if the host had answered: on a socket that was never connected, where the
 * host's own would be a TLS socket.
 */
function isOfProxy({ socket }: WireAnswer): boolean {
  if (!socket) return false;
  return !('encrypted' in socket) && socket.remoteAddress === undefined && socket.connecting === false;
}
