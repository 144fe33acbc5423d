/** All that a policy has of one key. It goes with the key's breaker, so that the registry bounds the whole of it. */

import type { CircuitBreaker, Clock } from '@cutout/core';
import { KeyCounters } from '../observe/key-counters.ts';
import { ConnectionLosses } from '../outcome/connection-loss.ts';
import type { RetryBudget, RetryBudgetOptions } from '../retry/retry-budget.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { Scope } from './host-options.ts';
import type { Shares } from './key-shares.ts';
import type { HttpCallOptions, Settings } from './options.ts';

export class KeyState {
  readonly breaker: CircuitBreaker;
  readonly counts: KeyCounters = new KeyCounters();
  /** That of the breaker. */
  readonly clock: Required<Clock>;
  readonly #scope: Scope;
  readonly #shares: Shares;
  #losses: ConnectionLosses | undefined;

  /** `shares`: its own, or those that it has in common with other keys. */
  constructor(breaker: CircuitBreaker, clock: Required<Clock>, scope: Scope, shares: Shares) {
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

  /** `options`: those of the first call that needs it count. */
  budget(options: Required<RetryBudgetOptions>, now: number = this.clock.now()): RetryBudget {
    return this.#shares.budget(options, now);
  }

  /** What the strategy keeps of the key. */
  stateOf<S>(strategy: Strategy<unknown, unknown, S>): S {
    return this.#shares.stateOf(strategy, this.clock);
  }

  get shares(): Shares {
    return this.#shares;
  }

  get losses(): ConnectionLosses {
    this.#losses ??= new ConnectionLosses(this.clock);
    return this.#losses;
  }
}
