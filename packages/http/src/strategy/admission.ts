/** What the strategies of one request hold for it: from the queue to the end of the body. */

import type { Clock, Verdict } from '@cutout/core';
import { retain, show } from '@cutout/core/internal';
import { abortReason, isAborted, onAbort, type SignalLike } from '../outcome/signals.ts';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import { startTimer } from '../outcome/time-limits.ts';
import type { Held, Lease, QueueTicket, Strategy, StrategyAttempt } from './strategy.ts';

/** What bounds a wait. */
export interface WaitLimits {
  readonly signal: SignalLike | undefined;
  readonly timeLeftMs: number;
  readonly clock: Required<Clock>;
  /** The error of the call's limit. */
  timeoutError(lateMs: number): Error;
}

export type AttemptOf = (strategy: Strategy) => StrategyAttempt;

export class Admission {
  readonly #strategies: readonly Strategy[];
  readonly #attemptOf: AttemptOf;
  readonly #held: Held[] = [];
  #ticket: QueueTicket | undefined;
  #left: Error | undefined;

  /** `strategies`: those that admit, in order. */
  constructor(strategies: readonly Strategy[], attemptOf: AttemptOf) {
    this.#strategies = strategies;
    this.#attemptOf = attemptOf;
  }

  /** Undefined where all admit the request. A promise where it waits; it rejects with the reason of the caller's abort. */
  enter(limits: WaitLimits): Error | Promise<Error | undefined> | undefined {
    for (const [at, strategy] of this.#strategies.entries()) {
      const admitted = checkAdmitted(strategy, 'admit', strategy.admit?.(this.#attemptOf(strategy)));
      if (admitted instanceof Error) return admitted;
      if (admitted && 'turn' in admitted) return this.#waitFrom(at, admitted, limits);
      if (admitted) this.#held.push(admitted);
    }
    return undefined;
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

  release(verdict: Verdict, durationMs: number): void {
    for (const held of this.#held.splice(0)) held.release(verdict, durationMs);
  }

  /** Releases without an outcome, or leaves the queue. */
  leave(): void {
    this.#left = new Error('the call is over');
    this.#ticket?.leave(this.#left);
    this.release('ignore', 0);
  }

  /** Keeps what can be kept for the body, and `breaker` with it. Undefined where nothing is. */
  hold(verdict: Verdict, durationMs: number, breaker: object): BodyLease | undefined {
    const leases: Lease[] = [];
    for (const held of this.#held.splice(0)) {
      if (held.hold) leases.push(held.hold(verdict, durationMs));
      else held.release(verdict, durationMs);
    }
    return leases.length > 0 ? new BodyLease(leases, retain(breaker)) : undefined;
  }

  async #waitFrom(at: number, ticket: QueueTicket, limits: WaitLimits): Promise<Error | undefined> {
    const refusal = await this.#turnOf(ticket, limits);
    if (refusal) return refusal;
    const later = new Admission(this.#strategies.slice(at + 1), this.#attemptOf);
    const entered = await later.enter(limits);
    this.#held.push(...later.#held.splice(0));
    return entered;
  }

  async #turnOf(ticket: QueueTicket, limits: WaitLimits): Promise<Error | undefined> {
    const { signal } = limits;
    const remove = onAbort(signal, () => ticket.leave(abortReason(signal)));
    let late: Error | undefined;
    const stop = startLimit(limits, error => {
      late = error;
      ticket.leave(error);
    });
    this.#ticket = ticket;
    try {
      const held = await ticket.turn;
      this.#held.push(held);
      // Its turn may have come with an abort or the end of the call.
      if (isAborted(signal)) throw abortReason(signal);
      if (this.#left) throw this.#left;
      return undefined;
    } catch (error) {
      if (isAborted(signal) || this.#left || !(error instanceof Error)) {
        this.release('ignore', 0);
        throw error;
      }
      return late ?? error;
    } finally {
      this.#ticket = undefined;
      stop();
      remove();
    }
  }
}

/** @throws TypeError for what no attempt can be admitted by, or wait with. */
function checkAdmitted<T extends Held | QueueTicket | Error>(
  { name }: Strategy,
  hook: 'admit' | 'tryAdmit',
  admitted: T | undefined,
): T | undefined {
  const { release, turn, leave } = (admitted ?? {}) as Partial<Held & QueueTicket>;
  const isTicket = hook === 'admit' && turn instanceof Promise && typeof leave === 'function';
  if (admitted === undefined || admitted instanceof Error || typeof release === 'function' || isTicket) return admitted;
  const forms =
    hook === 'admit' ? 'undefined, an Error, { release } or { turn, leave }' : 'undefined, an Error or { release }';
  throw new TypeError(`${hook} of the strategy ${show(name)} must return ${forms}, got ${show(admitted)}`);
}

/** A ticket of a user's strategy may know nothing of the call's limits. */
function startLimit({ timeLeftMs, timeoutError, clock }: WaitLimits, expire: (error: Error) => void): () => void {
  if (timeLeftMs > MAX_TIMER_MS) return () => undefined;
  return startTimer(clock, timeLeftMs, lateMs => expire(timeoutError(lateMs)));
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
    for (const lease of this.#leases) lease.end(verdict);
    this.#release?.();
    this.#release = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
