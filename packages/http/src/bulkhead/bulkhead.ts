/** A bulkhead for each host: limits the attempts in flight and queues the others. */

import {
  type AdaptiveLimitOptions,
  BULKHEAD_DEFAULTS,
  Bulkhead,
  type BulkheadFullError,
  type BulkheadPermit,
  type Clock,
  type QueueTicket as QueuedCall,
  type Verdict,
} from '@cutout/core';
import {
  at,
  BULKHEAD_ALIASES,
  checkBulkhead,
  checkNumber,
  checkObject,
  isFull,
  isQueueTicket,
} from '@cutout/core/internal';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import { madeBy } from '../strategy/check-strategy.ts';
import type { Held, PolicyContext, QueueTicket, Strategy, StrategyAttempt } from '../strategy/strategy.ts';
import { PermitLease } from './body-lease.ts';

export interface BulkheadStrategyOptions {
  /**
   * Attempts at a time for each key: a positive integer, or a limit that adapts itself to how they end. An attempt counts
   * until its body ends.
   */
  readonly maxConcurrent: number | AdaptiveLimitOptions;
  /** Attempts that wait for a permit, first come, first served. Zero or a positive integer. @default 0 */
  readonly maxQueue?: number;
  /** Milliseconds in the queue after which an attempt is refused. Positive. @default Infinity */
  readonly queueTimeoutMs?: number;
  /**
   * Milliseconds after the headers for which a body that is not read to its end keeps its permit. Positive, at most
   * 2147483647.
   *
   * @default 10_000
   */
  readonly bodyHoldMs?: number;
}

export const BULKHEAD_STRATEGY_DEFAULTS: Required<Omit<BulkheadStrategyOptions, 'maxConcurrent'>> = {
  ...BULKHEAD_DEFAULTS,
  bodyHoldMs: 10_000,
};

const KEYS = ['maxConcurrent', 'maxQueue', 'queueTimeoutMs', 'bodyHoldMs'];
const HOLD_MS = {
  min: Number.MIN_VALUE,
  max: MAX_TIMER_MS,
  expected: `a positive number of milliseconds up to ${MAX_TIMER_MS}`,
};

/** What {@link bulkhead} returns: for the `bulkhead` option of a policy or a host. */
export interface BulkheadStrategy extends Strategy<unknown, unknown, Bulkhead> {
  readonly name: 'bulkhead';
}

/**
 * Limits the attempts to each key that are under way at a time, so that one slow host does not take all sockets, memory
 * and callers. An attempt beyond the limit waits in the queue, or is refused with a `BulkheadFullError`.
 *
 * @example
 * const fetch = createFetch({ bulkhead: bulkhead({ maxConcurrent: 20, maxQueue: 50 }) });
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value.
 */
export function bulkhead(options: BulkheadStrategyOptions): BulkheadStrategy {
  const given = checkObject('bulkhead', options, KEYS, BULKHEAD_ALIASES);
  const { maxConcurrent, maxQueue, queueTimeoutMs } = checkBulkhead('bulkhead', given);
  const path = at('bulkhead', 'bodyHoldMs');
  const bodyHoldMs = checkNumber(path, given['bodyHoldMs'], HOLD_MS, BULKHEAD_STRATEGY_DEFAULTS.bodyHoldMs);
  const held = (permit: BulkheadPermit, clock: Required<Clock>): Held => new HeldPermit(permit, bodyHoldMs, clock);
  return madeBy('bulkhead', {
    name: 'bulkhead',
    stateFor: (key: string, { clock }: PolicyContext) =>
      new Bulkhead({ key, clock, maxConcurrent, maxQueue, queueTimeoutMs }),
    admit: ({ state, clock }: StrategyAttempt<Bulkhead>) => {
      // The call's own limit ends the wait of any ticket.
      const entry = state.enter();
      if (isFull(entry)) return entry;
      return isQueueTicket(entry) ? new Ticket(entry, permit => held(permit, clock)) : held(entry, clock);
    },
    tryAdmit: ({ state, clock }: StrategyAttempt<Bulkhead>): Held | BulkheadFullError => {
      const entry = state.tryAcquire();
      return isFull(entry) ? entry : held(entry, clock);
    },
  });
}

class HeldPermit implements Held {
  readonly #permit: BulkheadPermit;
  readonly #bodyHoldMs: number;
  readonly #clock: Required<Clock>;

  constructor(permit: BulkheadPermit, bodyHoldMs: number, clock: Required<Clock>) {
    this.#permit = permit;
    this.#bodyHoldMs = bodyHoldMs;
    this.#clock = clock;
  }

  release(verdict: Verdict, durationMs: number): void {
    this.#permit.release(verdict, durationMs);
  }

  hold(verdict: Verdict, durationMs: number): PermitLease {
    return new PermitLease(this.#clock, this.#permit, verdict, durationMs, this.#bodyHoldMs);
  }
}

class Ticket implements QueueTicket {
  readonly turn: Promise<Held>;
  readonly #queued: QueuedCall;

  constructor(queued: QueuedCall, held: (permit: BulkheadPermit) => Held) {
    this.#queued = queued;
    this.turn = queued.permit.then(held);
    // A caller that leaves need not listen any more.
    this.turn.catch(() => undefined);
  }

  leave(reason: unknown): void {
    this.#queued.leave(reason);
  }
}
