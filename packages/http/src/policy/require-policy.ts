/** For what is attached to a policy. */

import { show } from '@cutout/core/internal';
import { adapterOf } from './adapter-policy.ts';
import { isHttpPolicy } from './policy.ts';

/** @throws TypeError for what is no policy, an adapter among it, which has one. */
export function requirePolicy(policy: unknown): void {
  const adapter = adapterOf(policy);
  if (adapter) throw new TypeError(`policy must be a policy, got what ${adapter} returned: pass its .policy`);
  if (!isHttpPolicy(policy)) throw new TypeError(`policy must be a policy, got ${show(policy)}`);
}
