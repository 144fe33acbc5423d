/** An attempt waits with a ticket, within the limits of its call, even where the ticket ignores that it has been left. */

import type { Clock } from '@cutout/core';
import { abortReason, onAbort, type SignalLike } from '../outcome/signals.ts';
import { startTimer } from '../outcome/time-limits.ts';
import { reportThrown } from './report-thrown.ts';
import type { Held, QueueTicket } from './strategy.ts';

/** What bounds a wait. */
export interface WaitLimits {
  readonly signal: SignalLike | undefined;
  /** Of the call, now: an attempt may wait more than once. */
  timeLeftMs(): number;
  readonly clock: Required<Clock>;
  /** The error of the call's limit. */
  timeoutError(lateMs: number): Error;
}

export class TicketWait {
  /** Resolves with the turn, or with a refusal. Rejects where the caller or the call ends the wait. */
  readonly turn: Promise<Held | Error>;
  readonly #ticket: QueueTicket;
  #resolve: (turn: Held | Error) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  readonly #stop: readonly (() => void)[];
  #isOver = false;

  constructor(ticket: QueueTicket, { signal, timeLeftMs, clock, timeoutError }: WaitLimits) {
    this.#ticket = ticket;
    this.turn = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#stop = [
      onAbort(signal, () => this.leave(abortReason(signal))),
      startTimer(clock, timeLeftMs(), lateMs => this.#expire(timeoutError(lateMs))),
    ];
    ticket.turn.then(
      held => this.#came(held),
      error => this.#failed(error),
    );
  }

  /** The caller or the call ends the wait. */
  leave(reason: unknown): void {
    if (!this.#end()) return;
    reportThrown(() => this.#ticket.leave(reason));
    this.#reject(reason);
  }

  #expire(error: Error): void {
    if (!this.#end()) return;
    reportThrown(() => this.#ticket.leave(error));
    this.#resolve(error);
  }

  /** A turn that comes after the end of the wait is given back. */
  #came(held: Held): void {
    if (this.#end()) this.#resolve(held);
    else reportThrown(() => held.release('ignore', 0));
  }

  #failed(error: unknown): void {
    if (!this.#end()) return;
    if (error instanceof Error) this.#resolve(error);
    else this.#reject(error);
  }

  /** The first end counts. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    for (const stop of this.#stop) stop();
    return true;
  }
}
