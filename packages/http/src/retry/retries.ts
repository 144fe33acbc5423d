/** The further attempts of one call: whether one follows and when, what pays for it, and the headers that mark it. */

import type { CallTarget } from '../call/call-target.ts';
import { type HttpEvents, tellRetry, tellRetryRefused } from '../observe/events.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import { AttemptHeaders } from './attempt-headers.ts';
import { RetryPayment } from './retry-payment.ts';
import { type RetryingCall, retryPlan } from './retry-plan.ts';

export class Retries {
  readonly #target: CallTarget;
  readonly #events: HttpEvents;
  readonly #payment = new RetryPayment();
  #headers: AttemptHeaders | undefined;

  constructor(target: CallTarget, events: HttpEvents) {
    this.#target = target;
    this.#events = events;
  }

  /** Milliseconds until the next attempt, which is paid for; undefined where none follows. */
  next(call: RetryingCall, outcome: HttpOutcome, verdict: HttpVerdict): number | undefined {
    const { entry, settings } = this.#target;
    const { retry } = settings;
    if (!retry) return undefined;
    const allowed = retryPlan(call, entry.breaker, outcome, verdict, retry);
    const plan = typeof allowed === 'number' && !this.#payment.reserve(entry, settings) ? 'budget' : allowed;
    if (typeof plan === 'number') {
      tellRetry(this.#events, entry, call.attempt, plan, outcome);
      return plan;
    }
    tellRetryRefused(this.#events, entry, plan, call.attempt);
    return undefined;
  }

  /** An attempt is made. The first one pays for others. */
  made(attempt: number, isHop: boolean): void {
    this.#payment.spend();
    if (attempt === 1 && !isHop) this.#payment.deposit(this.#target.entry, this.#target.settings);
  }

  /** The attempt that was paid for is not made. */
  giveBack(): void {
    this.#payment.giveBack();
  }

  /** What an attempt is sent with beyond the caller's own headers. */
  headersOf(attempt: number): Readonly<Record<string, string>> | undefined {
    const { request, settings } = this.#target;
    const { retry } = settings;
    if (!retry?.idempotencyKey && retry?.attemptHeader === undefined) return undefined;
    this.#headers ??= new AttemptHeaders();
    return this.#headers.of(attempt, request, retry);
  }
}
