/** Node's own fetch. */

import { createFetch } from '@cutout/fetch';
import type { Client } from './client.ts';

export function forFetch(url: string): Client {
  const adapter = createFetch();
  const by = (send: typeof globalThis.fetch) => async () => (await send(url)).json();
  return { bare: by(globalThis.fetch), adapter: by(adapter), policy: adapter.policy };
}
