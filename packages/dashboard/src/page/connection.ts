/** The stream of snapshots, kept alive: a silent, broken or refused one is opened anew. */

import type { DashboardSnapshot, SnapshotDiff } from '../snapshot.ts';

export interface ConnectionEvents {
  snapshot(snapshot: DashboardSnapshot): void;
  diff(diff: SnapshotDiff): void;
  /** Nothing has come for too long, or cannot come. Followed by a snapshot as soon as the server is back. */
  lost(): void;
}

/** A message comes every second; four without any are no accident. */
const SILENCE_MS = 4_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

export class Connection {
  readonly #events: ConnectionEvents;
  #source: EventSource | undefined;
  #url = '';
  #wait = FIRST_WAIT_MS;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  /** Leaves the stream that there is for this one. */
  open(url: string): void {
    this.#url = url;
    this.#close();
    const source = new EventSource(url);
    this.#source = source;
    source.addEventListener('snapshot', event => this.#take(event, this.#events.snapshot));
    source.addEventListener('diff', event => this.#take(event, this.#events.diff));
    // Whether the browser would try again by itself depends on the error; it waits longer, and says nothing.
    source.addEventListener('error', () => this.#lose());
    this.#watch();
  }

  /** Without the wait that may be left: there is reason to believe that the server can be reached again. */
  hurry(): void {
    if (this.#retry !== undefined) this.open(this.#url);
  }

  /** One that cannot be shown is as good as none: another stream begins with a whole snapshot. */
  #take<T>({ data }: MessageEvent<string>, listener: (message: T) => void): void {
    try {
      listener(JSON.parse(data));
    } catch {
      return this.#lose();
    }
    this.#wait = FIRST_WAIT_MS;
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(), SILENCE_MS);
  }

  #lose(): void {
    this.#close();
    this.#retry = setTimeout(() => this.open(this.#url), this.#wait);
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
    this.#events.lost();
  }

  #close(): void {
    this.#source?.close();
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }
}
