/** All that a policy has of one key. It goes with the key's breaker, so that the registry bounds the whole of it. */

import { Bulkhead, type CircuitBreaker, monotonicClock } from '@cutout/core';
import type { BulkheadSettings } from './bulkhead-options.ts';
import { ConnectionLosses } from './connection-loss.ts';
import { KeyCounts } from './key-counts.ts';
import type { HttpCallOptions, Settings } from './options.ts';
import { RecentLatencies } from './recent-latencies.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget.ts';
import type { Scope } from './scope.ts';

export class KeyEntry {
  readonly breaker: CircuitBreaker;
  readonly counts: KeyCounts = new KeyCounts();
  readonly #scope: Scope;
  #budget: RetryBudget | undefined;
  #bulkhead: Bulkhead | undefined;
  #latencies: RecentLatencies | undefined;
  #losses: ConnectionLosses | undefined;

  constructor(breaker: CircuitBreaker, scope: Scope) {
    this.breaker = breaker;
    this.#scope = scope;
  }

  get key(): string {
    return this.breaker.key;
  }

  /** The rules of the key, under what a call overrides. @throws TypeError or RangeError for bad options. */
  settingsOf(call: Exclude<HttpCallOptions, false>): Settings {
    return this.#scope.settingsOf(call);
  }

  /** `options`: those of the first call that asks count. */
  budget(options: Required<RetryBudgetOptions>): RetryBudget {
    this.#budget ??= new RetryBudget(options, monotonicClock.now());
    return this.#budget;
  }

  /** Likewise. */
  bulkhead({ maxConcurrent, maxQueue, queueTimeoutMs }: BulkheadSettings): Bulkhead {
    this.#bulkhead ??= new Bulkhead({ key: this.key, maxConcurrent, maxQueue, queueTimeoutMs });
    return this.#bulkhead;
  }

  /** What has been made of it so far. */
  get existing(): { readonly budget: RetryBudget | undefined; readonly bulkhead: Bulkhead | undefined } {
    return { budget: this.#budget, bulkhead: this.#bulkhead };
  }

  get losses(): ConnectionLosses {
    this.#losses ??= new ConnectionLosses();
    return this.#losses;
  }

  get latencies(): RecentLatencies {
    this.#latencies ??= new RecentLatencies();
    return this.#latencies;
  }
}
