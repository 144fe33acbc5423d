/** Receives a body for a strategy. What its sink throws is reported, and does not reach the reader of the body. */

import { requireSync } from '../outcome/sync-hook.ts';
import { reportThrown } from './report-thrown.ts';
import type { BodySink } from './strategy.ts';

export class GuardedSink implements BodySink {
  readonly #sink: BodySink;
  #isBroken = false;

  constructor(sink: BodySink) {
    this.#sink = sink;
  }

  add(chunk: Uint8Array): void {
    this.#call(() => this.#sink.add(chunk));
  }

  end(): void {
    this.#call(() => this.#sink.end());
  }

  drop(): void {
    this.#call(() => this.#sink.drop());
  }

  /** A sink that has missed a part of the body must not keep the rest of it. */
  #call(hook: () => unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    reportThrown(() => {
      const returned = requireSync('a sink of a strategy', hook());
      this.#isBroken = false;
      return returned;
    });
  }
}
