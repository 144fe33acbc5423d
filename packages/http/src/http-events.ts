/** What the policy adds to the breakers' events: retries, and why one was not made. */

import { type BreakerEvent, monotonicClock } from '@cutout/core';
import type { EventHub } from '@cutout/core/internal';
import type { HttpOutcome, OutcomeKind } from './outcome.ts';

/** Another attempt will be made. */
export interface RetryEvent {
  readonly type: 'retry';
  readonly key: string;
  readonly at: number;
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly kind: OutcomeKind;
  readonly status?: number;
}

export type RetryRefusal =
  | 'attempts'
  | 'body'
  | 'method'
  | 'aborted'
  | 'circuit'
  | 'retry-after'
  | 'deadline'
  | 'inner-door'
  | 'budget';

/** The outcome was worth another attempt, and `reason` stood against it. */
export interface RetryRefusedEvent {
  readonly type: 'retry-refused';
  readonly key: string;
  readonly at: number;
  readonly attempt: number;
  readonly reason: RetryRefusal;
}

/** The last good answer was served instead of a refusal or a failure. */
export interface StaleEvent {
  readonly type: 'stale';
  readonly key: string;
  readonly at: number;
  /** Milliseconds since the origin made the answer. */
  readonly ageMs: number;
  /** The status, or the code of the error, in place of which it was served. */
  readonly reason: string;
}

export type HttpEvent = BreakerEvent | RetryEvent | RetryRefusedEvent | StaleEvent;
export type HttpEvents = EventHub<HttpEvent>;

export function tellRetry(
  events: HttpEvents,
  key: string,
  attempt: number,
  delayMs: number,
  outcome: HttpOutcome,
): void {
  if (!events.active) return;
  const { kind, status } = outcome;
  const event = { type: 'retry', key, at: monotonicClock.now(), attempt, delayMs, kind } as const;
  events.emit(status === undefined ? event : { ...event, status });
}

export function tellRetryRefused(events: HttpEvents, key: string, reason: RetryRefusal, attempt: number): void {
  if (events.active) events.emit({ type: 'retry-refused', key, at: monotonicClock.now(), attempt, reason });
}

export function tellStale(events: HttpEvents, key: string, ageMs: number, reason: string): void {
  if (events.active) events.emit({ type: 'stale', key, at: monotonicClock.now(), ageMs, reason });
}
