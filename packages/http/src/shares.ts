/** What bounds the load of a key, or of all keys that the registry does not keep: one retry budget and one bulkhead. */

import { Bulkhead } from '@cutout/core';
import type { BulkheadSettings } from './bulkhead-options.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';

export class Shares {
  readonly #key: string;
  #budget: RetryBudget | undefined;
  #bulkhead: Bulkhead | undefined;

  /** `key`: names the bulkhead in its errors. */
  constructor(key: string) {
    this.#key = key;
  }

  /** `options`: those of the first call that asks count. */
  budget(options: Required<RetryBudgetOptions>, now: number): RetryBudget {
    this.#budget ??= new RetryBudget(options, now);
    return this.#budget;
  }

  /** Likewise. */
  bulkhead({ maxConcurrent, maxQueue, queueTimeoutMs }: BulkheadSettings): Bulkhead {
    this.#bulkhead ??= new Bulkhead({ key: this.#key, maxConcurrent, maxQueue, queueTimeoutMs });
    return this.#bulkhead;
  }

  /** What has been made of it so far. */
  get existing(): { readonly budget: RetryBudget | undefined; readonly bulkhead: Bulkhead | undefined } {
    return { budget: this.#budget, bulkhead: this.#bulkhead };
  }
}
