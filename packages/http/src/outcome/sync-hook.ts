/** What a hook of the application returns, where the value is needed at once. */

import { handleRejection, isThenable, show } from '@cutout/core/internal';

/**
 * Returns `value`, and refuses a promise. Its rejection is handled here: without a handler it would end the process.
 *
 * @param hook Names the option in the message.
 * @throws TypeError for a promise, and for anything else with a `then` method.
 */
export function requireSync<T>(hook: string, value: T): T {
  if (!isThenable(value)) return value;
  handleRejection(value);
  throw new TypeError(`${hook} must return its answer at once, got a promise: it must not be an async function`);
}

/** The same of a hook of a strategy. */
export function requireSyncHook<T>({ name }: { readonly name: string }, hook: string, value: T): T {
  return isThenable(value) ? requireSync(`${hook} of the strategy ${show(name)}`, value) : value;
}
