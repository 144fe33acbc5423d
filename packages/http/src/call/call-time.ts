/** How much time a call has left, and which limit ends its present attempt. */

import { HttpTimeoutError } from '../outcome/time-limits.ts';
import type { CallTarget } from './call-target.ts';

export class CallTime {
  readonly #target: CallTarget;
  /** When the time for the whole call is up: the first host's, whatever hosts the call is led to. */
  readonly #endsAt: number;
  /** Whether the attempt is limited by what is left of the total. */
  #isTotalNearer = false;

  constructor(target: CallTarget) {
    this.#target = target;
    const { totalTimeoutMs } = target.settings;
    this.#endsAt = Number.isFinite(totalTimeoutMs) ? target.entry.clock.now() + totalTimeoutMs : totalTimeoutMs;
  }

  /** Milliseconds left of the total. */
  get leftMs(): number {
    return this.#endsAt === Number.POSITIVE_INFINITY ? this.#endsAt : this.#endsAt - this.#target.entry.clock.now();
  }

  /** Whether it is up. Timers count in whole milliseconds. */
  get isUp(): boolean {
    return this.leftMs < 1;
  }

  /** Milliseconds that an attempt has which begins now. */
  limitAttempt(): number {
    const { leftMs } = this;
    const { attemptTimeoutMs } = this.#target.settings;
    this.#isTotalNearer = leftMs <= attemptTimeoutMs;
    return this.#isTotalNearer ? leftMs : attemptTimeoutMs;
  }

  /** The error of the limit that the attempt has. */
  attemptError(lateMs: number): HttpTimeoutError {
    if (this.#isTotalNearer) return this.totalError(lateMs);
    return new HttpTimeoutError('attempt', this.#target.settings.attemptTimeoutMs, lateMs);
  }

  totalError(lateMs = 0): HttpTimeoutError {
    return new HttpTimeoutError('total', this.#target.settings.totalTimeoutMs, lateMs);
  }
}
