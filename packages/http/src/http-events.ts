/** What the policy adds to the breakers' events: retries, why one was not made, and answers of a fallback. */

import { type BreakerEvent, type BulkheadFullError, type BulkheadRefusalReason, monotonicClock } from '@cutout/core';
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

/** The bulkhead had no place for an attempt. Nothing was sent, and the circuit was told nothing. */
export interface BulkheadRejectedEvent {
  readonly type: 'bulkhead-rejected';
  readonly key: string;
  readonly at: number;
  /** Attempts that could run at a time. */
  readonly limit: number;
  /** Attempts that were waiting. */
  readonly queued: number;
  /** `full`, or `timeout` for one that waited in vain. */
  readonly reason: BulkheadRefusalReason;
}

/** A fallback has answered in place of a refusal or a failure. */
export interface FallbackEvent {
  readonly type: 'fallback';
  readonly key: string;
  readonly at: number;
  /** The circuit or the bulkhead had refused the call: nothing was sent. */
  readonly refused: boolean;
}

/** A call that a fallback made to its own host had failed too, and was not answered by a fallback once more. */
export interface FallbackRefusedEvent {
  readonly type: 'fallback-refused';
  readonly key: string;
  readonly at: number;
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

export type HttpEvent =
  | BreakerEvent
  | RetryEvent
  | RetryRefusedEvent
  | BulkheadRejectedEvent
  | FallbackEvent
  | FallbackRefusedEvent
  | StaleEvent;
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

export function tellBulkheadRejected(events: HttpEvents, { key, limit, queued, reason }: BulkheadFullError): void {
  if (events.active) events.emit({ type: 'bulkhead-rejected', key, at: monotonicClock.now(), limit, queued, reason });
}

export function tellFallback(events: HttpEvents, key: string, refused: boolean): void {
  if (events.active) events.emit({ type: 'fallback', key, at: monotonicClock.now(), refused });
}

export function tellFallbackRefused(events: HttpEvents, key: string): void {
  if (events.active) events.emit({ type: 'fallback-refused', key, at: monotonicClock.now() });
}

export function tellStale(events: HttpEvents, key: string, ageMs: number, reason: string): void {
  if (events.active) events.emit({ type: 'stale', key, at: monotonicClock.now(), ageMs, reason });
}
