/** The stream of snapshots. Reopens it when it is silent, broken or refused. */

import type { DashboardSnapshot, SnapshotDiff } from '../snapshot.ts';

export interface ConnectionEvents {
  snapshot(snapshot: DashboardSnapshot): void;
  diff(diff: SnapshotDiff): void;
  /** The stream was silent for too long, or failed. A snapshot follows once the server is back. */
  lost(): void;
}

/** A message arrives every second; four seconds without one mean that the stream is dead. */
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

  /** Replaces the current stream. */
  open(url: string): void {
    this.#url = url;
    this.#close();
    const source = new EventSource(url);
    this.#source = source;
    source.addEventListener('snapshot', event => this.#take(event, this.#events.snapshot));
    source.addEventListener('diff', event => this.#take(event, this.#events.diff));
    // Whether the browser reconnects by itself depends on the error; it waits longer, without an event.
    source.addEventListener('error', () => this.#lose());
    this.#watch();
  }

  /** Skips the rest of the wait: the server is probably reachable again. */
  hurry(): void {
    if (this.#retry !== undefined) this.open(this.#url);
  }

  /** A message that cannot be shown reopens the stream, which then begins with a whole snapshot. */
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
