/** The state of a policy that the strategies of one name share. */

import type { PolicyContext, Strategy } from './strategy.ts';

export interface SharedState {
  /** The one that made it. */
  readonly strategy: Strategy;
  readonly state: unknown;
}

/**
 * Has a strategy make the state of a policy, or join the one that is there.
 *
 * @param option The path of the option that brings the strategy.
 * @throws what the strategy throws where it cannot join.
 */
export function shareState(
  shared: SharedState | undefined,
  strategy: Strategy,
  option: string,
  policy: PolicyContext,
): SharedState {
  if (!shared) return { strategy, state: strategy.createState?.(policy) };
  if (strategy !== shared.strategy) strategy.joinState?.(shared.state, option);
  return shared;
}
