/** The strategy of one name in one policy, and the state that all of this name share. */

import type { PolicyContext, Strategy } from './strategy.ts';

/** A strategy with the state that its hooks are given. */
export interface WithState {
  readonly strategy: Strategy;
  readonly state: unknown;
}

export class SharedState {
  readonly #policy: PolicyContext;
  #first: WithState | undefined;

  constructor(policy: PolicyContext) {
    this.#policy = policy;
  }

  /** The strategy that made the state; undefined where none has come yet. */
  get first(): WithState | undefined {
    return this.#first;
  }

  /**
   * Has a strategy make the state, or join it.
   *
   * @param option The path of the option that brings it.
   * @throws what the strategy throws, where it cannot join.
   */
  join(strategy: Strategy, option: string): void {
    if (!this.#first) this.#first = { strategy, state: strategy.createState?.(this.#policy) };
    else if (strategy !== this.#first.strategy) strategy.joinState?.(this.#first.state, option);
  }
}
