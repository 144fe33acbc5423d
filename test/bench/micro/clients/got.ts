/** got. */

import { Agent } from 'node:http';
import { breakerHooks } from '@cutout/got';
import got from 'got';
import type { Client } from './client.ts';

export function forGot(url: string): Client {
  const bare = got.extend({ agent: { http: new Agent({ keepAlive: true }) } });
  const hooks = breakerHooks();
  const guarded = bare.extend(hooks);
  return { bare: () => bare(url).json(), adapter: () => guarded(url).json(), policy: hooks.policy };
}
