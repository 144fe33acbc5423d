/** The further attempts of one call: whether one follows and when, what pays for it, and the headers that mark it. */

import type { CallTarget } from '../call/call-target.ts';
import { emitRetry, emitRetryRefused, type HttpEvents } from '../observe/events.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import type { Settings } from '../policy/options.ts';
import { AttemptHeaders } from './attempt-headers.ts';
import { RetryPayment } from './retry-payment.ts';
import { retryPlan } from './retry-plan.ts';

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
  next(outcome: HttpOutcome, verdict: HttpVerdict): number | undefined {
    const { entry, settings, attempt } = this.#target;
    const { retry } = settings;
    if (!retry) return undefined;
    const allowed = retryPlan(this.#target, entry.breaker, outcome, verdict, retry);
    const plan = typeof allowed === 'number' && !this.#payment.reserve(entry, settings) ? 'budget' : allowed;
    if (typeof plan === 'number') {
      emitRetry(this.#events, entry, attempt, plan, outcome);
      return plan;
    }
    emitRetryRefused(this.#events, entry, plan, attempt);
    return undefined;
  }

  /** The attempt that was paid for is made. */
  made(): void {
    this.#payment.spend();
  }

  /** The attempt that was paid for is not made. */
  giveBack(): void {
    this.#payment.giveBack();
  }

  /** What an attempt is sent with beyond the caller's own headers. */
  headersOf(attempt: number): Readonly<Record<string, string>> | undefined {
    const { request, settings } = this.#target;
    const { retry } = settings;
    if (!retry) return undefined;
    this.#headers ??= new AttemptHeaders();
    return this.#headers.of(attempt, request, retry);
  }
}

/** Whether attempts are sent with headers of ours at all. */
export function marksAttempts({ retry }: Settings): boolean {
  return retry !== undefined && (retry.idempotencyKey || retry.attemptHeader !== undefined);
}
