/** Pays for the further attempts of one call out of its host's budget. */

import type { KeyState } from '../policy/key-state.ts';
import type { Settings } from '../policy/options.ts';
import type { RetryBudget } from './retry-budget.ts';

/** The first attempt of a call is made at `now`: it pays for others. */
export function depositFor(entry: KeyState, { retry, hedge, hedgeBudget }: Settings, now: number): void {
  const budget = retry?.budget ?? (hedge && hedgeBudget);
  if (budget) entry.budget(budget, now).deposit(now);
}

export class RetryPayment {
  /** Where the next attempt has been paid for, and not yet made. */
  #paid: { readonly budget: RetryBudget; readonly entry: KeyState } | undefined;

  /** Reserves the retry that was decided on, so that a thousand failures at once do not all get the last one. */
  reserve(entry: KeyState, { retry }: Settings): boolean {
    const budget = retry?.budget && entry.budget(retry.budget);
    if (!budget) return true;
    if (!budget.take(entry.clock.now())) return false;
    this.#paid = { budget, entry };
    return true;
  }

  /** The attempt that was paid for is made. */
  spend(): void {
    this.#paid = undefined;
  }

  /** It is not made. */
  giveBack(): void {
    this.#paid?.budget.giveBack(this.#paid.entry.clock.now());
    this.#paid = undefined;
  }
}
