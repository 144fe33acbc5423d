/** What a breaker tells: one union, delivered in order, by a hub that no listener can harm. */

import type { BreakerState, RefusalReason } from '../breaker/states.ts';
import type { TransitionReason } from '../breaker/transition-reason.ts';
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
  /** `headers`: good so far; a second event with `body` says how the body ended, if anyone reads it. */
  readonly stage?: Stage;
  /** The answer came from an earlier generation and changed nothing. */
  readonly stale: boolean;
}

/** The registry is full of keys that must stay; this key's breaker works but will be forgotten. */
export interface UnkeptEvent {
  readonly type: 'unkept';
  readonly key: string;
  readonly at: number;
}

export type BreakerEvent = TransitionEvent | RejectedEvent | OutcomeEvent | UnkeptEvent;

/** A listener that feeds its own events back for ever would stop the caller; what it adds past this is dropped, and said. */
const MAX_BACKLOG = 10_000;

const NO_LISTENERS: readonly never[] = [];

/**
 * Hands events to listeners in the order they happened, also when a listener causes further ones. A listener's error
 * is reported once per listener with `console.error` and reaches nobody else.
 */
export class EventHub<E> {
  readonly #parent: EventHub<E> | undefined;
  #listeners: readonly Listener<E>[] = NO_LISTENERS;
  #hearsAll = false;
  #backlog: E[] | undefined;

  constructor(parent?: EventHub<E>) {
    this.#parent = parent;
  }

  /** Whether anyone listens to every event; where nobody does, only rare ones need be made. */
  get active(): boolean {
    return this.#hearsAll || this.#parent?.active === true;
  }

  /** Whether anyone listens at all. */
  get attended(): boolean {
    return this.#listeners.length > 0 || this.#parent?.attended === true;
  }

  /** `only`: the one type of event that is wanted; calls need not be told of then. */
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
    this.#hearsAll = listeners.some(({ only }) => !only);
  }

  emit(event: E): void {
    if (!this.attended) return;
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

/** The hub of what nobody listens to. */
export const NOBODY: EventHub<BreakerEvent> = new EventHub();

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

/** Says something that no caller can be given as an error. Never throws. */
export function report(message: string, detail: unknown): void {
  try {
    console.error(message, detail);
  } catch {
    // A console that throws leaves nothing to tell it to.
  }
}
