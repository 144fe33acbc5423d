/** All that a policy has of one key. It goes with the key's breaker, so that the registry bounds the whole of it. */

import type { Bulkhead, CircuitBreaker, Clock } from '@cutout/core';
import type { BulkheadSettings } from './bulkhead-options.ts';
import { ConnectionLosses } from './connection-loss.ts';
import { KeyCounts } from './key-counts.ts';
import type { HttpCallOptions, Settings } from './options.ts';
import { RecentLatencies } from './recent-latencies.ts';
import type { RetryBudget, RetryBudgetOptions } from './retry-budget.ts';
import type { Scope } from './scope.ts';
import type { Shares } from './shares.ts';

export class KeyEntry {
  readonly breaker: CircuitBreaker;
  readonly counts: KeyCounts = new KeyCounts();
  /** That of the breaker. */
  readonly clock: Clock;
  readonly #scope: Scope;
  readonly #shares: Shares;
  #latencies: RecentLatencies | undefined;
  #losses: ConnectionLosses | undefined;

  /** `shares`: its own, or those that it has in common with other keys. */
  constructor(breaker: CircuitBreaker, clock: Clock, scope: Scope, shares: Shares) {
    this.breaker = breaker;
    this.clock = clock;
    this.#scope = scope;
    this.#shares = shares;
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
    return this.#shares.budget(options, this.clock.now());
  }

  /** Likewise. */
  bulkhead(settings: BulkheadSettings): Bulkhead {
    return this.#shares.bulkhead(settings);
  }

  /** What has been made of it so far. */
  get existing(): Shares['existing'] {
    return this.#shares.existing;
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
