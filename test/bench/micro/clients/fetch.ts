/** Node's own fetch. */

import { createFetch } from '@cutout/fetch';
import type { Client } from './client.ts';

export function forFetch(url: string): Client {
  const door = createFetch();
  const by = (send: typeof globalThis.fetch) => async () => (await send(url)).json();
  return { bare: by(globalThis.fetch), door: by(door), policy: door.policy };
}
