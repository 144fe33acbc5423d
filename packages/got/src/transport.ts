/**
 * Admits a request where got sends it, through its `request` option: after all hooks of the application, and only where
 * its cache has no answer.
 */

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Writable } from 'node:stream';
import { failureBeforeSending } from '@cutout/http/adapter';
import type { Options } from 'got';
import { asError } from './as-error.ts';
import type { FallbackResponse } from './got-answer.ts';
import { isReplayable } from './request.ts';
import type { WireAnswer } from './wire-watch.ts';

/** What decides on a request. */
export interface Gate {
  /**
   * Undefined: the request is sent, with `headers` changed in place. A response answers in its place.
   *
   * @throws the refusal.
   */
  admit(options: Options, headers: OutgoingHttpHeaders): Promise<FallbackResponse | undefined> | undefined;
  /** The application's own `request` function runs, or has ended. */
  inApplication(isRunning: boolean): void;
  /** A response that the application's own `request` function gave. */
  answeredBy(response: WireAnswer): void;
}

/** On our own `request` option: that of the application. */
const OWN = Symbol();

interface Send {
  (...args: unknown[]): unknown;
  [OWN]?: Send | undefined;
}

export function guardTransport(options: Options, gate: Gate): void {
  const request = options.request as Send | undefined;
  const own = request && OWN in request ? request[OWN] : request;
  const guarded: Send = (...args) => {
    options.request = own as Options['request'];
    return new Sending(own, args, gate, options).start();
  };
  guarded[OWN] = own;
  options.request = guarded as Options['request'];
}

class Sending {
  readonly #own: Send | undefined;
  readonly #args: unknown[];
  readonly #gate: Gate;
  readonly #options: Options;
  /** got's cache takes only a request for a request. */
  readonly #isCached: boolean;

  constructor(own: Send | undefined, args: unknown[], gate: Gate, options: Options) {
    this.#own = own;
    this.#args = args;
    this.#gate = gate;
    this.#options = options;
    this.#isCached = !(args[0] instanceof URL);
  }

  /** Undefined: got sends the request by itself. */
  start(): unknown {
    const { headers } = this.#args[this.#isCached ? 0 : 1] as { headers: OutgoingHttpHeaders };
    try {
      const entry = this.#gate.admit(this.#options, headers);
      return entry ? this.#later(entry) : this.#send();
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #later(entry: Promise<FallbackResponse | undefined>): Promise<unknown> {
    try {
      const response = await entry;
      return response ? this.#inPlace(() => response) : await this.#send();
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): unknown {
    if (!this.#isCached) throw error;
    return new StandIn(() => {
      throw error;
    }, true);
  }

  #inPlace(answer: () => FallbackResponse): unknown {
    return this.#isCached || waitsForBody(this.#options) ? new StandIn(answer, this.#isCached) : answer();
  }

  #send(): unknown {
    const { body } = this.#options;
    const failure = body && failureBeforeSending(body);
    if (failure) throw failure;
    if (!this.#own) return undefined;
    this.#gate.inApplication(true);
    const sent = this.#own(...this.#args);
    return sent instanceof Promise ? sent.then(late => this.#took(late)) : this.#took(sent);
  }

  #took(sent: unknown): unknown {
    this.#gate.inApplication(false);
    const { statusCode, headers, writable } = (sent ?? {}) as Record<string, unknown>;
    if (typeof statusCode === 'number' && !writable)
      this.#gate.answeredBy({ statusCode, headers: (headers ?? {}) as IncomingHttpHeaders });
    return sent;
  }
}

/** Whether got would take a response only after the whole of a request body, which may never come. */
export function waitsForBody({ isStream, body }: Options): boolean {
  return isStream || !isReplayable(body);
}

/** A request that sends nothing. It reports the response to got, past the cache, which must not keep it. */
export class StandIn extends Writable {
  readonly #event: 'cacheableResponse' | 'response';

  constructor(answer: () => FallbackResponse, isCached: boolean) {
    super({ autoDestroy: false, emitClose: false, write: (_part, _encoding, done) => done() });
    this.#event = isCached ? 'cacheableResponse' : 'response';
    // got 15 takes an error of the connection for a late one where the request has been written.
    Object.defineProperty(this, 'writableEnded', { value: false });
    // got listens to it once it has been handed out.
    setImmediate(() => this.#report(answer));
  }

  /** As of a request, for got's timeouts. */
  setTimeout(): this {
    return this;
  }

  #report(answer: () => FallbackResponse): void {
    try {
      const response = answer();
      if (this.destroyed) response.destroy();
      else this.emit(this.#event, response);
    } catch (error) {
      if (!this.destroyed) this.emit('error', asError(error));
    }
  }
}
