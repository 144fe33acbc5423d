/** The place that one attempt has in its host's bulkhead, from the queue to the end of the body. */

import type { Bulkhead, BulkheadFullError, Slot, Verdict, Waiting } from '@cutout/core';
import { isFull, isWaiting, retain } from '@cutout/core/internal';
import type { BulkheadSettings } from './bulkhead-options.ts';
import { type HttpEvents, tellBulkheadRejected } from './http-events.ts';
import type { KeyEntry } from './key-entry.ts';
import type { Settings } from './options.ts';
import { abortReason, isAborted, onAbort, type SignalLike } from './signals.ts';
import { HttpTimeoutError } from './timeout.ts';

/** No place, or none within the time for the whole call. */
export type PlaceRefusal = BulkheadFullError | HttpTimeoutError;

/** What bounds a wait. */
export interface WaitLimits {
  readonly timeLeftMs: number;
  readonly signal: SignalLike | undefined;
}

export class BulkheadPlace {
  readonly #entry: KeyEntry;
  readonly #bulkhead: Bulkhead;
  readonly #settings: Settings;
  readonly #events: HttpEvents;
  #waiting: Waiting | undefined;
  #slot: Slot | undefined;
  #left: Error | undefined;

  constructor(entry: KeyEntry, bulkhead: BulkheadSettings, settings: Settings, events: HttpEvents) {
    this.#entry = entry;
    this.#bulkhead = entry.bulkhead(bulkhead);
    this.#settings = settings;
    this.#events = events;
  }

  /** Undefined for a place. A promise where there is a queue; it rejects with the reason of the caller's abort. */
  enter(limits: WaitLimits): PlaceRefusal | Promise<PlaceRefusal | undefined> | undefined {
    const entry = this.#bulkhead.enter(limits.timeLeftMs);
    if (isFull(entry)) return this.#tell(entry);
    if (isWaiting(entry)) return this.#wait(entry, limits);
    this.#slot = entry;
    return undefined;
  }

  /** A place now, or none. Nobody is told of a refusal. */
  tryEnter(): boolean {
    const entry = this.#bulkhead.tryAcquire();
    if (isFull(entry)) return false;
    this.#slot = entry;
    return true;
  }

  /** Gives the place back, and says how the attempt ended. */
  release(verdict: Verdict, durationMs: number): void {
    this.#slot?.release(verdict, durationMs);
    this.#slot = undefined;
  }

  /** Gives it back, or leaves the queue; says nothing. */
  leave(): void {
    this.#left = new Error('the call is over');
    this.#waiting?.leave(this.#left);
    this.#slot?.release();
    this.#slot = undefined;
  }

  /** Keeps the place for the body, for as long as `bodyHoldMs` at most, and `breaker` with it. */
  hold(verdict: Verdict, durationMs: number, breaker: object): BodyHold | undefined {
    const slot = this.#slot;
    this.#slot = undefined;
    return slot && new BodyHold(slot, verdict, durationMs, this.#settings.bulkhead?.bodyHoldMs ?? 0, retain(breaker));
  }

  async #wait(waiting: Waiting, { timeLeftMs, signal }: WaitLimits): Promise<PlaceRefusal | undefined> {
    const remove = onAbort(signal, () => waiting.leave(abortReason(signal)));
    this.#waiting = waiting;
    try {
      this.#slot = await waiting.slot;
      // Its turn may have come with an abort or the end of the call; the place was given back then.
      if (isAborted(signal)) throw abortReason(signal);
      if (this.#left) throw this.#left;
      return undefined;
    } catch (error) {
      if (!isFull(error)) throw error;
      return this.#late(this.#tell(error), timeLeftMs);
    } finally {
      this.#waiting = undefined;
      remove();
    }
  }

  /** Which of the two limits of a wait came first. */
  #late(refusal: BulkheadFullError, timeLeftMs: number): PlaceRefusal {
    const { totalTimeoutMs, bulkhead } = this.#settings;
    const ownLimit = bulkhead?.queueTimeoutMs ?? Number.POSITIVE_INFINITY;
    return timeLeftMs <= ownLimit && timeLeftMs < Number.POSITIVE_INFINITY
      ? new HttpTimeoutError('total', totalTimeoutMs)
      : refusal;
  }

  #tell(refusal: BulkheadFullError): BulkheadFullError {
    tellBulkheadRejected(this.#events, this.#entry, refusal);
    return refusal;
  }
}

/** A place that a body keeps. The first end counts. */
export class BodyHold {
  readonly #slot: Slot;
  readonly #verdict: Verdict;
  readonly #durationMs: number;
  readonly #timer: ReturnType<typeof setTimeout>;
  #letGo: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  /** @param letGo Called once, at the end. */
  constructor(slot: Slot, verdict: Verdict, durationMs: number, bodyHoldMs: number, letGo: () => void) {
    this.#slot = slot;
    this.#letGo = letGo;
    this.#verdict = verdict;
    this.#durationMs = durationMs;
    this.#timer = setTimeout(() => this.end(), bodyHoldMs);
    // A body that nobody reads must not keep the process alive. A timer is a number elsewhere.
    (this.#timer as { unref?(): void }).unref?.();
  }

  /** What the caller has aborted holds nothing any more, even where nothing reads it. */
  endOnAbort(signal: SignalLike | undefined): void {
    if (isAborted(signal)) this.end('ignore');
    else this.#stopListening = onAbort(signal, () => this.end('ignore'));
  }

  /** @param verdict What the end of the body says, where it says anything. */
  end(verdict: Verdict = this.#verdict): void {
    clearTimeout(this.#timer);
    this.#slot.release(verdict, this.#durationMs);
    this.#letGo?.();
    this.#letGo = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
