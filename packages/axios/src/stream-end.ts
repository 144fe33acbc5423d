/** The end of a body that is handed out as a stream. The first end counts. */

import { abortReason, type BodyTracker, onAbort, type SignalLike } from '@cutout/http/adapter';

/** How it ended, to be passed on to a watch. */
export type End = (watch: BodyTracker) => void;

export class StreamEnd {
  #end: End | undefined;
  #listeners: ((end: End) => void)[] = [];
  readonly #stop: () => void;

  /** @param signal Of the caller. A client may leave an aborted stream that is not read as it is. */
  constructor(signal: SignalLike | undefined) {
    this.#stop = onAbort(signal, () => this.finish(watch => watch.broken(abortReason(signal))));
  }

  finish(end: End): void {
    if (this.#end) return;
    this.#end = end;
    this.#stop();
    for (const each of this.#listeners) each(end);
    this.#listeners = [];
  }

  /** Passes the end on to `watch`, now or later. */
  watch(watch: BodyTracker): void {
    this.#listen(end => end(watch));
  }

  /** Calls `listener` once the stream has ended. */
  ended(listener: () => void): void {
    this.#listen(() => listener());
  }

  #listen(listener: (end: End) => void): void {
    if (this.#end) listener(this.#end);
    else this.#listeners.push(listener);
  }
}
