/** A bulkhead: so many calls of one key at a time, a queue before them, and a refusal for what is more than that. */

import { isTimeout, notCallable } from '../breaker/execute.ts';
import { BULKHEAD_ALIASES } from '../common/aliases.ts';
import { BulkheadFullError, type BulkheadRefusalReason, isFull } from '../common/bulkhead-full-error.ts';
import { at, checkNumber, checkObject, POSITIVE_MS, show, WHOLE_NUMBER } from '../common/check.ts';
import { type Clock, monotonicClock } from '../common/clock.ts';
import { makeDisposable } from '../common/disposable.ts';
import { isNoEvidence } from '../common/no-evidence.ts';
import { checkClock } from '../common/reliable.ts';
import {
  type AbortSignalLike,
  type AbortWatch,
  abortReason,
  checkSignal,
  isAborted,
  onAbort,
  watchAbort,
} from '../common/signal.ts';
import type { Verdict } from '../common/verdict.ts';
import {
  type AdaptiveLimitOptions,
  type CheckedLimit,
  type ConcurrencyLimit,
  checkLimit,
  limitOf,
} from './concurrency-limit.ts';
import { type Place, WaitingLine } from './wait-queue.ts';

export interface BulkheadOptions {
  /** Calls at a time: a positive integer, or one that adapts itself to how the calls end. */
  readonly maxConcurrent: number | AdaptiveLimitOptions;
  /** Calls that wait for a place, first come, first served: zero or a positive integer. @default 0 */
  readonly maxQueue?: number;
  /** Milliseconds after which a waiting call is refused: positive. @default Infinity */
  readonly queueTimeoutMs?: number;
}

export interface BulkheadIdentity {
  /** Names the bulkhead in refusals: an origin, for HTTP. @default 'default' */
  readonly key?: string;
  /** Times calls and waits. @default `performance.now()` and `setTimeout()` */
  readonly clock?: Clock;
}

const BULKHEAD_KEYS = ['key', 'clock', 'maxConcurrent', 'maxQueue', 'queueTimeoutMs'];

export const BULKHEAD_DEFAULTS: Readonly<Record<'maxQueue' | 'queueTimeoutMs', number>> = {
  maxQueue: 0,
  queueTimeoutMs: Number.POSITIVE_INFINITY,
};

/** Options that were checked, complete. */
export interface CheckedBulkhead {
  readonly maxConcurrent: CheckedLimit;
  readonly maxQueue: number;
  readonly queueTimeoutMs: number;
}

/** Checks the options at `path`; other keys there are not looked at. @throws TypeError or RangeError. */
export function checkBulkhead(path: string, given: Readonly<Record<string, unknown>>): CheckedBulkhead {
  const { maxQueue, queueTimeoutMs } = BULKHEAD_DEFAULTS;
  return {
    maxConcurrent: checkLimit(at(path, 'maxConcurrent'), given['maxConcurrent']),
    maxQueue: checkNumber(at(path, 'maxQueue'), given['maxQueue'], WHOLE_NUMBER, maxQueue),
    queueTimeoutMs: checkNumber(at(path, 'queueTimeoutMs'), given['queueTimeoutMs'], POSITIVE_MS, queueTimeoutMs),
  };
}

/** One call's place. It is given back once; what is done with it afterwards does nothing. Disposing of it says nothing. */
export interface Slot extends Disposable {
  /**
   * Gives the place to the next in the queue.
   *
   * @param verdict How the call ended, for a limit that adapts itself. @default 'ignore'
   * @param durationMs Milliseconds until its answer. @default 0
   */
  release(verdict?: Verdict, durationMs?: number): void;
}

/** A call in the queue. */
export interface Waiting {
  /** The place, once it is this call's turn. Rejects with a `BulkheadFullError`, or with what {@link leave} was given. */
  readonly slot: Promise<Slot>;
  /** Leaves the queue. After its turn has come this gives the place back. */
  leave(reason: unknown): void;
}

/** A signal that can be listened to, of any make. */
export type ListenableSignal = AbortSignalLike;

/**
 * Keeps one slow host from taking all there is of the process: its calls fill their own compartment and no other.
 *
 * @example
 * const bulkhead = new Bulkhead({ key: 'billing', maxConcurrent: 10, maxQueue: 100, queueTimeoutMs: 1_000 });
 * await bulkhead.execute(() => charge());
 *
 * @throws TypeError or RangeError for bad options.
 */
export class Bulkhead {
  /** Names it in refusals. */
  readonly key: string;
  readonly #options: CheckedBulkhead;
  readonly #limit: ConcurrencyLimit;
  readonly #clock: Required<Clock>;
  readonly #line = new WaitingLine<Waiter>();
  #inFlight = 0;

  constructor(options: BulkheadOptions & BulkheadIdentity) {
    const given = checkObject('', options, BULKHEAD_KEYS, BULKHEAD_ALIASES);
    const { key = 'default', clock = monotonicClock } = options;
    if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${show(key)}`);
    this.key = key;
    this.#clock = checkClock(clock);
    this.#options = checkBulkhead('', given);
    this.#limit = limitOf(this.#options.maxConcurrent);
  }

  /** Calls that may run at a time, at present. */
  get limit(): number {
    return this.#limit.current;
  }

  /** Calls that have a place. More than {@link limit} only where that has fallen since. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls that wait for one. */
  get queued(): number {
    return this.#line.size;
  }

  /** A place now, or the refusal. Never queues. */
  tryAcquire(): Slot | BulkheadFullError {
    return this.#hasRoom ? this.#take() : this.#refusal('full');
  }

  /**
   * A place now, a place in the queue, or the refusal: for callers that make no promise where none is needed.
   *
   * @param timeoutMs Milliseconds to wait at most, where that is less than `queueTimeoutMs`. @default Infinity
   */
  enter(timeoutMs: number = Number.POSITIVE_INFINITY): Slot | Waiting | BulkheadFullError {
    if (this.#hasRoom) return this.#take();
    if (this.#line.size >= this.#options.maxQueue) return this.#refusal('full');
    return this.#wait(Math.min(timeoutMs, this.#options.queueTimeoutMs));
  }

  /**
   * A place, after a wait if need be. Rejects with a `BulkheadFullError`, or the reason of the signal's abort. The signal
   * may be of any make.
   */
  async acquire(options: { readonly signal?: AbortSignalLike } = {}): Promise<Slot> {
    checkObject('options', options, ['signal']);
    const { signal } = options;
    checkSignal('options.signal', signal);
    if (isAborted(signal)) throw abortReason(signal);
    const entry = this.enter();
    if (isFull(entry)) throw entry;
    return isWaiting(entry) ? abortable(entry, signal) : entry;
  }

  /**
   * Runs one call in a place. Rejects as {@link acquire} does, or as the call. A rejection is a failure, but for a refusal
   * of this suite, a shortage of this machine and a call that its caller has given up.
   *
   * @throws TypeError for a `call` that is no function.
   */
  async execute<T>(call: () => T | PromiseLike<T>, options?: { readonly signal?: AbortSignalLike }): Promise<T> {
    if (typeof call !== 'function') throw notCallable('call', call);
    const slot = await this.acquire(options);
    const watch = watchAbort(options?.signal);
    const startedAt = this.#clock.now();
    try {
      const value = await call();
      slot.release('success', this.#clock.now() - startedAt);
      return value;
    } catch (error) {
      slot.release(verdictOf(error, watch, options?.signal), this.#clock.now() - startedAt);
      throw error;
    } finally {
      watch.stop();
    }
  }

  /** Whoever waits goes first. */
  get #hasRoom(): boolean {
    return this.#inFlight < this.#limit.current && this.#line.size === 0;
  }

  #take(): Slot {
    this.#inFlight += 1;
    return new HeldSlot(this.#released, this.#inFlight);
  }

  readonly #released = (verdict: Verdict, durationMs: number, inFlight: number): void => {
    this.#limit.ended(verdict, durationMs, inFlight);
    this.#inFlight -= 1;
    while (this.#line.size > 0 && this.#inFlight < this.#limit.current) this.#line.shift()?.take(this.#take());
  };

  #wait(timeoutMs: number): Waiting {
    const waiter = new Waiter();
    const place = this.#line.join(waiter);
    waiter.begin(() => this.#line.leave(place));
    if (timeoutMs < Number.POSITIVE_INFINITY)
      waiter.limit(this.#clock.setTimer(timeoutMs, () => this.#expire(waiter, place)));
    return waiter;
  }

  #expire(waiter: Waiter, place: Place<Waiter>): void {
    if (this.#line.leave(place)) waiter.refuse(this.#refusal('timeout'));
  }

  #refusal(reason: BulkheadRefusalReason): BulkheadFullError {
    return new BulkheadFullError({ key: this.key, limit: this.limit, queued: this.queued, reason });
  }
}

/** Of a rejection: what the caller has given up says nothing, unless it took too long. */
function verdictOf(error: unknown, watch: AbortWatch, signal: AbortSignalLike | undefined): Verdict {
  if (watch.aborted && !isTimeout(abortReason(signal))) return 'ignore';
  return isNoEvidence(error) ? 'ignore' : 'failure';
}

/** Tells a place in the queue from a place. */
export function isWaiting(entry: Slot | Waiting): entry is Waiting {
  return 'slot' in entry;
}

type Released = (verdict: Verdict, durationMs: number, inFlight: number) => void;

class HeldSlot implements Slot {
  declare readonly [Symbol.dispose]: () => void;
  #released: Released | undefined;
  readonly #inFlight: number;

  constructor(released: Released, inFlight: number) {
    this.#released = released;
    this.#inFlight = inFlight;
  }

  release(verdict: Verdict = 'ignore', durationMs = 0): void {
    const released = this.#released;
    this.#released = undefined;
    released?.(verdict, durationMs, this.#inFlight);
  }

  static {
    makeDisposable(HeldSlot.prototype, function () {
      this.release();
    });
  }
}

/** A promise is what keeps the async context of the caller. */
class Waiter implements Waiting {
  readonly slot: Promise<Slot>;
  #resolve: (slot: Slot) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #leaveLine: () => boolean = () => false;
  #clearTimer: () => void = () => undefined;
  #taken: Slot | undefined;

  constructor() {
    this.slot = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A caller that leaves need not listen any more.
    this.slot.catch(() => undefined);
  }

  begin(leaveLine: () => boolean): void {
    this.#leaveLine = leaveLine;
  }

  /** `clearTimer`: of the timer that ends the wait. */
  limit(clearTimer: () => void): void {
    this.#clearTimer = clearTimer;
  }

  take(slot: Slot): void {
    this.#clearTimer();
    this.#taken = slot;
    this.#resolve(slot);
  }

  refuse(reason: unknown): void {
    this.#clearTimer();
    this.#reject(reason);
  }

  leave(reason: unknown): void {
    if (this.#leaveLine()) this.refuse(reason);
    else this.#taken?.release();
  }
}

async function abortable(waiting: Waiting, signal: AbortSignalLike | undefined): Promise<Slot> {
  if (!signal) return waiting.slot;
  const watch = watchAbort(signal);
  const remove = onAbort(signal, () => waiting.leave(abortReason(signal)));
  try {
    const slot = await waiting.slot;
    // Between its turn and this very moment the call may have been given up.
    if (watch.aborted) throw abortReason(signal);
    return slot;
  } finally {
    watch.stop();
    remove();
  }
}
