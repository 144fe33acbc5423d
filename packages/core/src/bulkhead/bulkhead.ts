/** A bulkhead: limits the concurrent calls of one key, queues further ones, and refuses the rest. */

import { BULKHEAD_ALIASES } from '../common/aliases.ts';
import { BulkheadFullError, type BulkheadRefusalReason, isFull } from '../common/bulkhead-full-error.ts';
import { at, checkNumber, checkObject, notCallable, POSITIVE_MS, show, WHOLE_NUMBER } from '../common/check.ts';
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
  isTimeout,
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
import { type QueuePlace, WaitQueue } from './wait-queue.ts';

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

/** One call's place. It is released once; later releases do nothing. Disposal is a release with the verdict `ignore`. */
export interface BulkheadPermit extends Disposable {
  /**
   * Gives the place to the next in the queue.
   *
   * @param verdict How the call ended, for a limit that adapts itself. @default 'ignore'
   * @param durationMs Milliseconds until its answer. @default 0
   */
  release(verdict?: Verdict, durationMs?: number): void;
}

/** A call's place in the queue. */
export interface QueueTicket {
  /** The permit, once it is this call's turn. Rejects with a `BulkheadFullError`, or with the reason given to {@link leave}. */
  readonly permit: Promise<BulkheadPermit>;
  /** Leaves the queue. After its turn this releases the permit. */
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
  readonly #queue = new WaitQueue<QueuedCall>();
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

  /** Calls that hold a permit. More than {@link limit} only where that has fallen since. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls in the queue. */
  get queued(): number {
    return this.#queue.size;
  }

  /** A permit now, or the refusal. Never queues. */
  tryAcquire(): BulkheadPermit | BulkheadFullError {
    return this.#hasRoom ? this.#take() : this.#refusal('bulkhead-full');
  }

  /**
   * A permit now, a place in the queue, or the refusal: for callers that need no promise in the first and last case.
   *
   * @param timeoutMs Milliseconds to wait at most, where that is less than `queueTimeoutMs`. @default Infinity
   */
  enter(timeoutMs: number = Number.POSITIVE_INFINITY): BulkheadPermit | QueueTicket | BulkheadFullError {
    if (this.#hasRoom) return this.#take();
    if (this.#queue.size >= this.#options.maxQueue) return this.#refusal('bulkhead-full');
    return this.#wait(Math.min(timeoutMs, this.#options.queueTimeoutMs));
  }

  /**
   * A permit, after a wait if need be. Rejects with a `BulkheadFullError`, or the reason of the signal's abort. The signal
   * may be of any make.
   */
  async acquire(options: { readonly signal?: AbortSignalLike } = {}): Promise<BulkheadPermit> {
    checkObject('options', options, ['signal']);
    const { signal } = options;
    checkSignal('options.signal', signal);
    if (isAborted(signal)) throw abortReason(signal);
    const entry = this.enter();
    if (isFull(entry)) throw entry;
    return isQueueTicket(entry) ? abortable(entry, signal) : entry;
  }

  /**
   * Runs one call in a place. Rejects as {@link acquire} does, or as the call. A rejection is a failure, but for a refusal
   * of this suite, a shortage of this machine and a call that its caller has aborted.
   *
   * @throws TypeError for a `call` that is no function.
   */
  async execute<T>(call: () => T | PromiseLike<T>, options?: { readonly signal?: AbortSignalLike }): Promise<T> {
    if (typeof call !== 'function') throw notCallable('call', call);
    const permit = await this.acquire(options);
    const watch = watchAbort(options?.signal);
    const startedAt = this.#clock.now();
    try {
      const value = await call();
      permit.release('success', this.#clock.now() - startedAt);
      return value;
    } catch (error) {
      permit.release(verdictOf(error, watch, options?.signal), this.#clock.now() - startedAt);
      throw error;
    } finally {
      watch.stop();
    }
  }

  /** Queued calls go first. */
  get #hasRoom(): boolean {
    return this.#inFlight < this.#limit.current && this.#queue.size === 0;
  }

  #take(): BulkheadPermit {
    this.#inFlight += 1;
    return new HeldPermit(this.#released, this.#inFlight);
  }

  readonly #released = (verdict: Verdict, durationMs: number, inFlight: number): void => {
    this.#limit.ended(verdict, durationMs, inFlight);
    this.#inFlight -= 1;
    while (this.#queue.size > 0 && this.#inFlight < this.#limit.current) this.#queue.shift()?.take(this.#take());
  };

  #wait(timeoutMs: number): QueueTicket {
    const waiter = new QueuedCall();
    const place = this.#queue.join(waiter);
    waiter.begin(() => this.#queue.leave(place));
    if (timeoutMs < Number.POSITIVE_INFINITY)
      waiter.limit(this.#clock.setTimer(timeoutMs, () => this.#expire(waiter, place)));
    return waiter;
  }

  #expire(waiter: QueuedCall, place: QueuePlace<QueuedCall>): void {
    if (this.#queue.leave(place)) waiter.refuse(this.#refusal('timeout'));
  }

  #refusal(reason: BulkheadRefusalReason): BulkheadFullError {
    return new BulkheadFullError({ key: this.key, limit: this.limit, queued: this.queued, reason });
  }
}

/** Of a rejection: an abort by the caller is no evidence, unless its reason is a timeout. */
function verdictOf(error: unknown, watch: AbortWatch, signal: AbortSignalLike | undefined): Verdict {
  if (watch.aborted && !isTimeout(abortReason(signal))) return 'ignore';
  return isNoEvidence(error) ? 'ignore' : 'failure';
}

/** Whether the call was queued. */
export function isQueueTicket(entry: BulkheadPermit | QueueTicket): entry is QueueTicket {
  return 'permit' in entry;
}

type Released = (verdict: Verdict, durationMs: number, inFlight: number) => void;

class HeldPermit implements BulkheadPermit {
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
    makeDisposable(HeldPermit.prototype, function () {
      this.release();
    });
  }
}

/** A promise is what keeps the async context of the caller. */
class QueuedCall implements QueueTicket {
  readonly permit: Promise<BulkheadPermit>;
  #resolve: (permit: BulkheadPermit) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #leaveQueue: () => boolean = () => false;
  #clearTimer: () => void = () => undefined;
  #taken: BulkheadPermit | undefined;

  constructor() {
    this.permit = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A caller that leaves may drop the promise.
    this.permit.catch(() => undefined);
  }

  begin(leaveQueue: () => boolean): void {
    this.#leaveQueue = leaveQueue;
  }

  /** `clearTimer`: of the timer that ends the wait. */
  limit(clearTimer: () => void): void {
    this.#clearTimer = clearTimer;
  }

  take(permit: BulkheadPermit): void {
    this.#clearTimer();
    this.#taken = permit;
    this.#resolve(permit);
  }

  refuse(reason: unknown): void {
    this.#clearTimer();
    this.#reject(reason);
  }

  leave(reason: unknown): void {
    if (this.#leaveQueue()) this.refuse(reason);
    else this.#taken?.release();
  }
}

async function abortable(ticket: QueueTicket, signal: AbortSignalLike | undefined): Promise<BulkheadPermit> {
  if (!signal) return ticket.permit;
  const watch = watchAbort(signal);
  const remove = onAbort(signal, () => ticket.leave(abortReason(signal)));
  try {
    const permit = await ticket.permit;
    // The call may have been aborted since its turn came.
    if (watch.aborted) throw abortReason(signal);
    return permit;
  } finally {
    watch.stop();
    remove();
  }
}
