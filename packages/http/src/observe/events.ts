/** What the policy adds to the breakers' events: retries and hedges, why one was not made, and answers of a fallback. */

import type { BreakerEvent, Bulkhead, BulkheadRefusal, BulkheadRefusalReason, Clock } from '@cutout/core';
import type { EventHub } from '@cutout/core/internal';
import type { HttpOutcome, OutcomeKind } from '../outcome/outcome.ts';
import type { KeyCounters, RetryRefusal } from './key-counters.ts';

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

/** The outcome allowed a retry, and `reason` prevented it. */
export interface RetryRefusedEvent {
  readonly type: 'retry-refused';
  readonly key: string;
  readonly at: number;
  readonly attempt: number;
  readonly reason: RetryRefusal;
}

/** The bulkhead had no place for an attempt. Nothing was sent, and the circuit recorded nothing. */
export interface BulkheadRejectedEvent {
  readonly type: 'bulkhead-rejected';
  readonly key: string;
  readonly at: number;
  /** Attempts that could run at a time. */
  readonly limit: number;
  /** Attempts that were waiting. */
  readonly queued: number;
  /** `bulkhead-full`, or `timeout` for one that waited in vain. */
  readonly reason: BulkheadRefusalReason;
}

/** A second request was sent beside one that was slow to answer. */
export interface HedgeEvent {
  readonly type: 'hedge';
  readonly key: string;
  readonly at: number;
  /** Milliseconds that the first one had had. */
  readonly afterMs: number;
}

/** Why none was sent: the circuit was not closed, or the bulkhead or the retry budget had nothing left. */
export type HedgeRefusal = 'circuit' | 'bulkhead' | 'budget';

export interface HedgeRefusedEvent {
  readonly type: 'hedge-refused';
  readonly key: string;
  readonly at: number;
  readonly reason: HedgeRefusal;
}

/** The second request was answered first, and the first one was cancelled. */
export interface HedgeWonEvent {
  readonly type: 'hedge-won';
  readonly key: string;
  readonly at: number;
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
  | HedgeEvent
  | HedgeRefusedEvent
  | HedgeWonEvent
  | FallbackEvent
  | FallbackRefusedEvent
  | StaleEvent;
export type HttpEvents = EventHub<HttpEvent>;

/** Counts the events of one key. */
export interface Counted {
  readonly key: string;
  readonly counts: KeyCounters;
  /** The one of its breaker, so that all events of a key have times of one source. */
  readonly clock: Required<Clock>;
}

export function emitRetry(
  events: HttpEvents,
  { key, counts, clock }: Counted,
  attempt: number,
  delayMs: number,
  outcome: HttpOutcome,
): void {
  counts.retries += 1;
  if (!events.active) return;
  const { kind, status } = outcome;
  const event = { type: 'retry', key, at: clock.now(), attempt, delayMs, kind } as const;
  events.emit(status === undefined ? event : { ...event, status });
}

export function emitRetryRefused(
  events: HttpEvents,
  { key, counts, clock }: Counted,
  reason: RetryRefusal,
  attempt: number,
): void {
  counts.refuseRetry(reason);
  if (events.active) events.emit({ type: 'retry-refused', key, at: clock.now(), attempt, reason });
}

export function emitBulkheadRejected(events: HttpEvents, { counts, clock }: Counted, refusal: BulkheadRefusal): void {
  const { key, limit, queued, reason } = refusal;
  counts.bulkheadRejected += 1;
  if (events.active) events.emit({ type: 'bulkhead-rejected', key, at: clock.now(), limit, queued, reason });
}

interface Queueing extends Counted {
  readonly shares: { existingState(strategy: string): unknown };
}

/** The same of a wait that the call's own limit ended. */
export function emitQueueTimeout(events: HttpEvents, entry: Queueing): void {
  const bulkhead = entry.shares.existingState('bulkhead') as Bulkhead | undefined;
  if (!bulkhead) return;
  const { limit, queued } = bulkhead;
  emitBulkheadRejected(events, entry, { key: entry.key, limit, queued, reason: 'timeout' });
}

export function emitHedge(events: HttpEvents, { key, counts, clock }: Counted, afterMs: number): void {
  counts.hedgesSent += 1;
  if (events.active) events.emit({ type: 'hedge', key, at: clock.now(), afterMs });
}

export function emitHedgeRefused(events: HttpEvents, { key, counts, clock }: Counted, reason: HedgeRefusal): void {
  counts.hedgesRefused += 1;
  if (events.active) events.emit({ type: 'hedge-refused', key, at: clock.now(), reason });
}

export function emitHedgeWon(events: HttpEvents, { key, counts, clock }: Counted): void {
  counts.hedgesWon += 1;
  if (events.active) events.emit({ type: 'hedge-won', key, at: clock.now() });
}

export function emitFallback(events: HttpEvents, { key, counts, clock }: Counted, refused: boolean): void {
  counts.fallbacks += 1;
  if (events.active) events.emit({ type: 'fallback', key, at: clock.now(), refused });
}

export function emitFallbackRefused(events: HttpEvents, { key, clock }: Counted): void {
  if (events.active) events.emit({ type: 'fallback-refused', key, at: clock.now() });
}

export function emitStale(events: HttpEvents, { key, counts, clock }: Counted, ageMs: number, reason: string): void {
  counts.staleAnswers += 1;
  if (events.active) events.emit({ type: 'stale', key, at: clock.now(), ageMs, reason });
}
