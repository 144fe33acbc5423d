/** Node's own fetch. */

import { createFetch } from '@cutout/fetch';
import type { Client } from './client.ts';
import { aroundCalls, seenBad, seenGood } from './peers.ts';

type Fetch = typeof globalThis.fetch;

export function forFetch(url: string): Client {
  const guarded = createFetch();
  const floor: Fetch = (input, init) => globalThis.fetch(input, init).then(seenGood, seenBad);
  const by = (send: Fetch) => async () => (await send(url)).json();
  const bare = by(globalThis.fetch);
  return { bare, guarded: by(guarded), policy: guarded.policy, others: { floor: by(floor), ...aroundCalls(bare) } };
}
