/**
 * Hears one attempt, and tells its exchange for as long as that attempt is the present one.
 *
 * It speaks both generations of undici's handlers at once, so that it does not matter which one the dispatcher below
 * speaks. Its methods stand on the prototype: a request makes one small object, not a closure for each event.
 */

import type { Controller, Handler, HeaderFields, LegacyHandler } from './handler.ts';

export interface AttemptOwner {
  /** The number of the attempt that is heard. One that was given up is told to stop, and no longer heard. */
  readonly current: number;
  started(controller: Controller, context: unknown): void;
  upgraded(status: number, headers: HeaderFields, socket: unknown): void;
  responded(status: number, headers: HeaderFields, statusText: string | undefined): void;
  received(chunk: Buffer): void;
  ended(trailers: HeaderFields): void;
  failed(controller: Controller | null, error: Error): void;
  /** Passes something on to the caller's handler, and remembers what that throws: it is no failure of the host. */
  forward(pass: () => void): void;
}

export class AttemptListener implements Required<Handler>, Required<LegacyHandler> {
  readonly #owner: AttemptOwner;
  /** The caller's, for news that says nothing about the host. */
  readonly #handler: Handler;
  readonly #number: number;
  #legacy: LegacyController | undefined;

  constructor(owner: AttemptOwner, handler: Handler, number: number) {
    this.#owner = owner;
    this.#handler = handler;
    this.#number = number;
  }

  get #isHeard(): boolean {
    return this.#owner.current === this.#number;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    if (this.#isHeard) this.#owner.started(controller, context);
    else controller.abort(new Error('given up'));
  }

  onRequestUpgrade(_controller: Controller, status: number, headers: HeaderFields, socket: unknown): void {
    if (this.#isHeard) this.#owner.upgraded(status, headers, socket);
  }

  onResponseStart(_controller: Controller, status: number, headers: HeaderFields, statusText?: string): void {
    if (this.#isHeard) this.#owner.responded(status, headers, statusText);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isHeard) this.#owner.received(chunk);
  }

  onResponseEnd(_controller: Controller, trailers: HeaderFields): void {
    if (this.#isHeard) this.#owner.ended(trailers);
  }

  onResponseError(controller: Controller | null, error: Error): void {
    if (this.#isHeard) this.#owner.failed(controller, error);
  }

  onBodySent(chunk: unknown): void {
    this.#owner.forward(() => this.#handler.onBodySent?.(chunk));
  }

  onRequestSent(): void {
    this.#owner.forward(() => this.#handler.onRequestSent?.());
  }

  onResponseStarted(): void {
    this.#owner.forward(() => this.#handler.onResponseStarted?.());
  }

  onConnect(abort: (reason?: Error) => void, context: unknown): void {
    this.#legacy = new LegacyController(abort);
    this.onRequestStart(this.#legacy, context);
  }

  onUpgrade(status: number, headers: Buffer[] | string[] | null, socket: unknown): void {
    this.onRequestUpgrade(this.#legacy as Controller, status, parse(headers ?? []), socket);
  }

  onHeaders(status: number, headers: Buffer[] | string[], resume: () => void, statusText: string): boolean {
    this.#legacy?.answered(headers, resume);
    this.onResponseStart(this.#legacy as Controller, status, parse(headers), statusText);
    return !this.#legacy?.paused;
  }

  onData(chunk: Buffer): boolean {
    this.onResponseData(this.#legacy as Controller, chunk);
    return !this.#legacy?.paused;
  }

  onComplete(trailers: string[] | null): void {
    this.#legacy?.ended(trailers);
    this.onResponseEnd(this.#legacy as Controller, parse(trailers ?? []));
  }

  onError(error: Error): void {
    this.onResponseError(this.#legacy ?? null, error);
  }
}

class LegacyController implements Controller {
  aborted = false;
  reason: Error | null = null;
  paused = false;
  rawHeaders: Buffer[] | string[] | null = null;
  rawTrailers: string[] | null = null;
  readonly #abort: (reason?: Error) => void;
  #resume: () => void = () => undefined;

  constructor(abort: (reason?: Error) => void) {
    this.#abort = abort;
  }

  answered(headers: Buffer[] | string[], resume: () => void): void {
    this.rawHeaders = headers;
    this.#resume = resume;
  }

  ended(trailers: string[] | null): void {
    this.rawTrailers = trailers;
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.#abort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#resume();
  }
}

function parse(raw: readonly (Buffer | string)[]): HeaderFields {
  const fields: HeaderFields = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]).toLowerCase();
    const value = raw[i + 1]?.toString('latin1' as never) ?? '';
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
