/** Gives a handler the answer of a fallback, or a kept one, piece by piece and no faster than it reads. */

import { report, show } from '@cutout/core/internal';
import type { CheckedAnswer } from './dispatch-answer.ts';
import { asError, type Controller, flat, type Handler } from './handler.ts';

/** The controller of an answer that no connection carries. */
export class Replay implements Controller {
  aborted = false;
  reason: Error | null = null;
  paused = false;
  rawHeaders: Controller['rawHeaders'] = null;
  rawTrailers: Controller['rawTrailers'] = [];
  readonly #handler: Handler;
  /** That of the whole call, which the handler has. */
  readonly #controller: Controller;
  #begun: boolean;
  #over = false;
  #resumed: (() => void) | undefined;
  #source: Iterator<unknown> | AsyncIterator<unknown> | undefined;

  /** `begun`: whether an attempt had begun, and the handler knows its controller. */
  constructor(handler: Handler, controller: Controller, begun: boolean) {
    this.#handler = handler;
    this.#controller = controller;
    this.#begun = begun;
  }

  /** Not inside the event that it follows from. Never rejects. */
  async play(answer: CheckedAnswer): Promise<void> {
    try {
      await Promise.resolve();
      await this.#forward(answer);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  abort(reason: Error): void {
    if (this.#over) return;
    this.aborted = true;
    this.reason = reason;
    this.#fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#resumed?.();
  }

  async #forward({ status, statusText = '', headers, body, ...more }: CheckedAnswer): Promise<void> {
    if (this.#over) return;
    this.#begin();
    this.rawHeaders = more.rawHeaders ?? flat(headers).map(text => Buffer.from(text, 'latin1'));
    this.rawTrailers = more.rawTrailers ?? [];
    if (!this.#over) this.#handler.onResponseStart?.(this.#controller, status, headers, statusText);
    if (!this.#over) await this.#pieces(body);
    if (this.#over) return;
    this.#over = true;
    this.#handler.onResponseEnd?.(this.#controller, more.trailers ?? {});
  }

  /** Without an attempt the handler has no controller yet. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#handler.onRequestStart?.(this.#controller, null);
  }

  async #pieces(body: CheckedAnswer['body']): Promise<void> {
    this.#source = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
    while (!this.#over) {
      await this.#flowing();
      if (this.#over) return;
      const { value, done } = await this.#source.next();
      if (done) return;
      if (!this.#over) this.#handler.onResponseData?.(this.#controller, bytesOf(value));
    }
  }

  async #flowing(): Promise<void> {
    if (this.paused) await new Promise<void>(resolve => (this.#resumed = resolve));
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#resumed?.();
    this.#release();
    try {
      this.#handler.onResponseError?.(this.#begun ? this.#controller : null, asError(error));
    } catch (thrown) {
      report('[@cutout/undici] onResponseError of a handler threw', thrown);
    }
  }

  /** How the source ends is of no interest. */
  #release(): void {
    const release = async (): Promise<unknown> => this.#source?.return?.();
    release().catch(() => undefined);
  }
}

function bytesOf(piece: unknown): Buffer {
  if (typeof piece === 'string') return Buffer.from(piece);
  if (piece instanceof Uint8Array) return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  throw new TypeError(`the body of a fallback must be made of strings or bytes, got ${show(piece)}`);
}
