/** The rules of a call that runs inside another one: the outer call makes all further attempts. */

import type { ResolvedOptions } from '../policy/options.ts';

const known = new WeakMap<ResolvedOptions, ResolvedOptions>();

/** The same rules, without retries and hedges. */
export function withoutRetries(settings: ResolvedOptions): ResolvedOptions {
  let once = known.get(settings);
  if (!once) {
    once = { ...settings, retry: undefined, hedge: undefined };
    known.set(settings, once);
  }
  return once;
}
