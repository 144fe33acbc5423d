/** What bounds the load of a key, or of all keys that the registry does not keep: a retry budget, and state of strategies. */

import type { Clock } from '@cutout/core';
import { requireSyncHook } from '../outcome/sync-hook.ts';
import { RetryBudget, type RetryBudgetOptions } from '../retry/retry-budget.ts';
import type { Strategy } from '../strategy/strategy.ts';

export class KeyShares {
  readonly #key: string;
  #budget: RetryBudget | undefined;
  #states: Map<string, unknown> | undefined;

  /** `key`: names the state in its errors. */
  constructor(key: string) {
    this.#key = key;
  }

  /** `options`: those of the first call that needs it count. */
  budget(options: Required<RetryBudgetOptions>, now: number): RetryBudget {
    this.#budget ??= new RetryBudget(options, now);
    return this.#budget;
  }

  /** By the strategy's name: the options of the first one that needs it count. */
  stateOf<S>(strategy: Strategy<unknown, unknown, S>, clock: Required<Clock>): S {
    const { name } = strategy;
    this.#states ??= new Map();
    if (!this.#states.has(name)) {
      this.#states.set(name, requireSyncHook(strategy, 'stateFor', strategy.stateFor?.(this.#key, { clock })));
    }
    return this.#states.get(name) as S;
  }

  /** The budget that has been made so far. */
  get existingBudget(): RetryBudget | undefined {
    return this.#budget;
  }

  /** The state that has been made so far of the strategy of this name. */
  existingState(name: string): unknown {
    return this.#states?.get(name);
  }
}
