/** The rules of a call that runs inside another one: the outer call makes all further attempts. */

import type { Settings } from '../policy/options.ts';

const known = new WeakMap<Settings, Settings>();

/** The same rules, without retries and hedges. */
export function withoutRetries(settings: Settings): Settings {
  let once = known.get(settings);
  if (!once) {
    once = { ...settings, retry: undefined, hedge: undefined };
    known.set(settings, once);
  }
  return once;
}
