/** For what is attached to a policy. */

import { show } from '@cutout/core/internal';
import { doorOf } from './adapter-policy.ts';
import { isHttpPolicy } from './policy.ts';

/** @throws TypeError for what is no policy, a door among it, which has one. */
export function checkPolicy(policy: unknown): void {
  const door = doorOf(policy);
  if (door) throw new TypeError(`policy must be a policy, got what ${door} returned: pass its .policy`);
  if (!isHttpPolicy(policy)) throw new TypeError(`policy must be a policy, got ${show(policy)}`);
}
