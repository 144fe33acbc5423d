/** The events of a breaker: one union, delivered in order, by a hub that no listener can break. */

import type { BreakerState, RefusalReason, TransitionReason } from './breaker-state.ts';
import { show } from './check.ts';
import type { FailureSummary } from './failure-summary.ts';
import { isThenable } from './promise-like.ts';
import type { Stage, Verdict } from './verdict.ts';

/** The circuit changed its state. `at` is in the breaker's clock; for an elapsed deadline it is the deadline itself. */
export interface TransitionEvent {
  readonly type: 'transition';
  readonly key: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly at: number;
  readonly reason: TransitionReason;
  /** The failure that opened the circuit, where there was one. */
  readonly cause?: FailureSummary;
}

/** A call was refused, or would have been in shadow mode. */
export interface RejectedEvent {
  readonly type: 'rejected';
  readonly key: string;
  /** `closed` where the circuit lets only a share of its calls through. */
  readonly state: BreakerState;
  readonly reason: RefusalReason;
  readonly at: number;
  readonly retryAfterMs: number;
}

/** A call was answered. */
export interface OutcomeEvent {
  readonly type: 'outcome';
  readonly key: string;
  readonly verdict: Verdict;
  readonly at: number;
  /** Milliseconds since the call was admitted. */
  readonly durationMs: number;
  /** `headers`: good so far; a second event with `body` follows when the body ends, if it is read. */
  readonly stage?: Stage;
  /** The answer came from an earlier generation and changed nothing. */
  readonly stale: boolean;
}

/** The registry is full of keys that must stay; this key's breaker works but will be forgotten. */
export interface RegistryFullEvent {
  readonly type: 'registry-full';
  readonly key: string;
  readonly at: number;
}

export type BreakerEvent = TransitionEvent | RejectedEvent | OutcomeEvent | RegistryFullEvent;

/** A listener that causes events without end would stop the caller. Events past this number are dropped and reported. */
const MAX_BACKLOG = 10_000;

const NO_LISTENERS: readonly never[] = [];

/**
 * Hands events to listeners in the order they happened, also when a listener causes further ones. A listener's error
 * is reported once per listener with `console.error` and goes no further.
 */
export class EventHub<E> {
  readonly #parent: EventHub<E> | undefined;
  #listeners: readonly Listener<E>[] = NO_LISTENERS;
  #hasFullListener = false;
  #backlog: E[] | undefined;

  constructor(parent?: EventHub<E>) {
    this.#parent = parent;
  }

  /** Whether a listener receives every event. Otherwise only transitions need be made. */
  get active(): boolean {
    return this.#hasFullListener || this.#parent?.active === true;
  }

  /** Whether there is any listener. */
  get hasListeners(): boolean {
    return this.#listeners.length > 0 || this.#parent?.hasListeners === true;
  }

  /** `only`: the one type of event to deliver, so that events of calls need not be made. */
  subscribe(listener: (event: E) => void, only?: 'transition'): () => void {
    if (typeof listener !== 'function') throw new TypeError(`listener must be a function, got ${typeof listener}`);
    if (only !== undefined && only !== 'transition')
      throw new TypeError(`only must be 'transition' or left out, got ${show(only)}`);
    const entry: Listener<E> = { call: listener, only, reported: false };
    this.#setListeners([...this.#listeners, entry]);
    return () => this.#setListeners(this.#listeners.filter(each => each !== entry));
  }

  #setListeners(listeners: readonly Listener<E>[]): void {
    this.#listeners = listeners;
    this.#hasFullListener = listeners.some(({ only }) => !only);
  }

  emit(event: E): void {
    if (!this.hasListeners) return;
    if (this.#backlog) this.#queue(this.#backlog, event);
    else this.#drain([event]);
  }

  #drain(backlog: E[]): void {
    this.#backlog = backlog;
    try {
      // Not for-of over a copy: a listener's own actions append while we deliver, and order must hold.
      for (let i = 0; i < backlog.length; i++) this.#deliver(backlog[i] as E);
    } finally {
      this.#backlog = undefined;
    }
  }

  #queue(backlog: E[], event: E): void {
    if (backlog.length < MAX_BACKLOG) backlog.push(event);
    else if (backlog.length === MAX_BACKLOG) {
      backlog.push(event);
      report('[@cutout/core] a listener keeps causing events; further ones are dropped', event);
    }
  }

  #deliver(event: E): void {
    for (const listener of this.#listeners) {
      if (!listener.only || listener.only === (event as { readonly type?: string }).type) notify(listener, event);
    }
    this.#parent?.emit(event);
  }
}

/** The hub of breakers without listeners. */
export const SILENT: EventHub<BreakerEvent> = new EventHub();

interface Listener<E> {
  readonly call: (event: E) => unknown;
  readonly only: 'transition' | undefined;
  reported: boolean;
}

function notify<E>(listener: Listener<E>, event: E): void {
  try {
    const result = listener.call(event);
    // An async listener's rejection would otherwise end the process as an unhandled one.
    if (isThenable(result)) result.then(undefined, error => reportOnce(listener, error));
  } catch (error) {
    reportOnce(listener, error);
  }
}

function reportOnce<E>(listener: Listener<E>, error: unknown): void {
  if (listener.reported) return;
  listener.reported = true;
  report('[@cutout/core] a listener threw; it stays subscribed', error);
}

declare const console: { error(...values: unknown[]): void };

/** Reports what cannot be thrown to a caller. Never throws. */
export function report(message: string, detail: unknown): void {
  try {
    console.error(message, detail);
  } catch {
    // A console that throws leaves no way to report.
  }
}
