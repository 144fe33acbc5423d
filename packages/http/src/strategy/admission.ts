/** What the strategies of one request hold for it: from the queue to the end of the body. */

import type { Verdict } from '@cutout/core';
import { retain, show } from '@cutout/core/internal';
import { abortReason, isAborted, onAbort, type SignalLike } from '../outcome/signals.ts';
import { requireSync, requireSyncHook } from '../outcome/sync-hook.ts';
import { reportThrown } from './report-thrown.ts';
import type { Held, Lease, QueueTicket, Strategy, StrategyAttempt } from './strategy.ts';
import { TicketWait, type WaitLimits } from './ticket-wait.ts';

export type AttemptOf = (strategy: Strategy) => StrategyAttempt;

export class Admission {
  readonly #strategies: readonly Strategy[];
  readonly #attemptOf: AttemptOf;
  readonly #held: Held[] = [];
  #wait: TicketWait | undefined;
  #left: Error | undefined;

  /** `strategies`: those that admit, in order. */
  constructor(strategies: readonly Strategy[], attemptOf: AttemptOf) {
    this.#strategies = strategies;
    this.#attemptOf = attemptOf;
  }

  /** Undefined where all admit the request. A promise where it waits; it rejects with the reason of the caller's abort. */
  enter(limits: WaitLimits): Error | Promise<Error | undefined> | undefined {
    return this.#enterFrom(0, limits);
  }

  /** Whether all admit a hedge now. */
  tryEnter(): boolean {
    for (const strategy of this.#strategies) {
      const admitted = checkAdmitted(strategy, 'tryAdmit', strategy.tryAdmit?.(this.#attemptOf(strategy)));
      if (admitted instanceof Error) return false;
      if (admitted) this.#held.push(admitted);
    }
    return true;
  }

  /** @throws what a strategy throws, once all have released. */
  release(verdict: Verdict, durationMs: number): void {
    this.#endEach(held => releaseOf(held, verdict, durationMs));
  }

  /** Releases without an outcome, or leaves the queue. The call is over: what a strategy throws is only reported. */
  leave(): void {
    this.#left = new Error('the call is over');
    this.#wait?.leave(this.#left);
    reportThrown(() => this.release('ignore', 0));
  }

  /**
   * Keeps what can be kept for the body, and `breaker` with it. Undefined where nothing is.
   *
   * @throws what a strategy throws, once nothing is held any more.
   */
  hold(verdict: Verdict, durationMs: number, breaker: object): BodyLease | undefined {
    const leases: Lease[] = [];
    try {
      this.#endEach(held => {
        if (held.hold) leases.push(checkLease(requireSync('hold of a strategy', held.hold(verdict, durationMs))));
        else releaseOf(held, verdict, durationMs);
      });
    } catch (error) {
      endAll(leases, 'ignore');
      throw error;
    }
    return leases.length > 0 ? new BodyLease(leases, retain(breaker)) : undefined;
  }

  /** One that throws must not keep the others from their end. */
  #endEach(end: (held: Held) => void): void {
    const thrown: unknown[] = [];
    for (const held of this.#held.splice(0)) {
      try {
        end(held);
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  }

  #enterFrom(first: number, limits: WaitLimits): Error | Promise<Error | undefined> | undefined {
    for (let at = first; at < this.#strategies.length; at++) {
      const strategy = this.#strategies[at] as Strategy;
      const admitted = checkAdmitted(strategy, 'admit', strategy.admit?.(this.#attemptOf(strategy)));
      if (admitted instanceof Error) return admitted;
      if (admitted && 'turn' in admitted) return this.#waitFrom(at, admitted, limits);
      if (admitted) this.#held.push(admitted);
    }
    return undefined;
  }

  async #waitFrom(at: number, ticket: QueueTicket, limits: WaitLimits): Promise<Error | undefined> {
    const wait = new TicketWait(ticket, limits);
    this.#wait = wait;
    const held = await wait.turn;
    this.#wait = undefined;
    if (held instanceof Error) return held;
    this.#held.push(checkTurn(this.#strategies[at] as Strategy, held));
    // Its turn may have come with an abort or the end of the call.
    const over = isAborted(limits.signal) ? abortReason(limits.signal) : this.#left;
    if (over === undefined) return this.#enterFrom(at + 1, limits);
    this.leave();
    throw over;
  }
}

function releaseOf(held: Held, verdict: Verdict, durationMs: number): void {
  requireSync('release of a strategy', held.release(verdict, durationMs));
}

function checkLease(lease: Lease | undefined): Lease {
  if (typeof lease?.end === 'function') return lease;
  throw new TypeError(`hold of a strategy must return { end }, got ${show(lease)}`);
}

/** @throws TypeError for a turn that cannot be released. */
function checkTurn({ name }: Strategy, held: Held | undefined): Held {
  if (typeof held?.release === 'function') return held;
  throw new TypeError(`turn of the strategy ${show(name)} must resolve with { release }, got ${show(held)}`);
}

function endAll(leases: readonly Lease[], verdict: Verdict | undefined): void {
  for (const lease of leases) reportThrown(() => lease.end(verdict));
}

/** @throws TypeError for what no attempt can be admitted by, or wait with. */
function checkAdmitted<T extends Held | QueueTicket | Error>(
  strategy: Strategy,
  hook: 'admit' | 'tryAdmit',
  admitted: T | undefined,
): T | undefined {
  requireSyncHook(strategy, hook, admitted);
  const { release, turn, leave } = (admitted ?? {}) as Partial<Held & QueueTicket>;
  const isTicket = hook === 'admit' && turn instanceof Promise && typeof leave === 'function';
  if (admitted === undefined || admitted instanceof Error || typeof release === 'function' || isTicket) return admitted;
  const forms =
    hook === 'admit' ? 'undefined, an Error, { release } or { turn, leave }' : 'undefined, an Error or { release }';
  throw new TypeError(`${hook} of the strategy ${show(strategy.name)} must return ${forms}, got ${show(admitted)}`);
}

/** What a body keeps. The first end counts. */
export class BodyLease {
  readonly #leases: readonly Lease[];
  #release: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  /** @param release Called once, at the end. */
  constructor(leases: readonly Lease[], release: () => void) {
    this.#leases = leases;
    this.#release = release;
    for (const lease of leases) lease.onEnd?.(() => this.end());
  }

  /** What the caller has aborted holds nothing any more, even where nothing reads it. */
  endOnAbort(signal: SignalLike | undefined): void {
    if (isAborted(signal)) this.end('ignore');
    else this.#stopListening = onAbort(signal, () => this.end('ignore'));
  }

  /** @param verdict The end of the body as evidence, if it is any. */
  end(verdict?: Verdict): void {
    endAll(this.#leases, verdict);
    this.#release?.();
    this.#release = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
