/**
 * One request through the dispatcher below. Reports its events to the driver, for as long as that wants its response.
 *
 * It implements both generations of undici's handlers at once, so that it does not matter which one the dispatcher below
 * speaks. Its methods are on the prototype: a request makes one small object, not a closure for each event.
 */

import type { Req } from '@cutout/http/adapter';
import type { Controller, Handler, HeaderFields, LegacyHandler } from './handler.ts';
import type { FailureCause } from './outcomes.ts';
import type { Dispatched, DispatchOptions } from './request.ts';

/** What the driver does with the events of a request. */
export interface RequestEvents {
  started(sent: SentRequest, context: unknown): void;
  upgraded(sent: SentRequest, status: number, headers: HeaderFields, socket: unknown): void;
  responded(sent: SentRequest, status: number, headers: HeaderFields, statusText: string | undefined): void;
  received(sent: SentRequest, chunk: Buffer): void;
  ended(sent: SentRequest, trailers: HeaderFields): void;
  failed(sent: SentRequest, error: Error, cause: FailureCause): void;
}

type Given = Omit<Dispatched, 'options' | 'body'>;

export class SentRequest implements Required<Handler>, Required<LegacyHandler> {
  readonly req: Req;
  readonly startedAt: number;
  controller: Controller | null = null;
  /** How often it has started: more than once where something below sends it again. */
  starts = 0;
  readonly #events: RequestEvents;
  /** Events that say nothing about the host go to its handler at once. */
  readonly #given: Given;
  #isOver = false;
  #reason: Error | undefined;
  /** By the caller's handler: it says nothing about the host. */
  #thrown: unknown;
  #legacy: LegacyController | undefined;

  constructor(events: RequestEvents, given: Given, req: Req, startedAt: number) {
    this.#events = events;
    this.#given = given;
    this.req = req;
    this.startedAt = startedAt;
  }

  /** Returns what the dispatcher below did: false where it is busy. @throws what that throws. */
  dispatch(options: DispatchOptions): boolean {
    const { dispatch } = this.#given;
    return dispatch(options, this);
  }

  /** Whether undici itself sends it again. Slow: only for one that has failed. */
  get isSentAgain(): boolean {
    const { others, trace } = this.#given;
    return others.sendAgain(this, trace);
  }

  /** Reports nothing any more. */
  end(): void {
    this.#isOver = true;
  }

  /** The same, and aborts it: when it starts, where it is still connecting. */
  cancel(reason: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.controller?.abort(reason);
  }

  onRequestStart(controller: Controller, context: unknown): void {
    if (this.#reason) return controller.abort(this.#reason);
    if (this.#isOver) return;
    if (!isRedirected(context)) this.starts += 1;
    this.controller = controller;
    try {
      this.#events.started(this, context);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  onRequestUpgrade(_controller: Controller, status: number, headers: HeaderFields, socket: unknown): void {
    if (this.#isOver) return;
    try {
      this.#events.upgraded(this, status, headers, socket);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  onResponseStart(_controller: Controller, status: number, headers: HeaderFields, statusText?: string): void {
    if (this.#isOver) return;
    try {
      this.#events.responded(this, status, headers, statusText);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#events.received(this, chunk);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  onResponseEnd(_controller: Controller, trailers: HeaderFields): void {
    if (this.#isOver) return;
    try {
      this.#events.ended(this, trailers);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  /** undici reports what a handler threw at the end of a response, too. */
  onResponseError(controller: Controller | null, error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isAborted = controller?.aborted === true;
    this.#events.failed(this, error, error === this.#thrown ? 'handler' : isAborted ? 'abort' : 'other');
  }

  /** `dispatch` threw. As with a failing connection, the caller has time to listen. */
  refused(error: unknown): void {
    this.#threw(error);
    queueMicrotask(() => this.onResponseError(null, error as Error));
  }

  onBodySent(chunk: unknown): void {
    if (this.req === 2) return;
    try {
      this.#given.handler.onBodySent?.(chunk);
    } catch (error) {
      throw this.#threw(error);
    }
  }

  /** The caller's handler knows of the first request only. */
  onRequestSent(): void {
    if (this.req === 2) return;
    try {
      this.#given.handler.onRequestSent?.();
    } catch (error) {
      throw this.#threw(error);
    }
  }

  onResponseStarted(): void {
    try {
      this.#given.handler.onResponseStarted?.();
    } catch (error) {
      throw this.#threw(error);
    }
  }

  #threw(error: unknown): unknown {
    this.#thrown = error;
    return error;
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

/** By undici's redirect interceptor, which starts anew for each hop. */
function isRedirected(context: unknown): boolean {
  const history = (context as { readonly history?: unknown } | null | undefined)?.history;
  return Array.isArray(history) && history.length > 0;
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
