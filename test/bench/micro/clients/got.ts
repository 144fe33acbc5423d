/** got. */

import { Agent } from 'node:http';
import { breakerHooks } from '@cutout/got';
import got, { type Got } from 'got';
import type { Client } from './client.ts';
import { aroundCalls, seenBad, seenGood } from './peers.ts';

export function forGot(url: string): Client {
  const client = got.extend({ agent: { http: new Agent({ keepAlive: true }) } });
  const by = (each: Got) => () => each(url).json();
  const hooks = breakerHooks();
  const bare = by(client);
  return {
    bare,
    guarded: by(client.extend(hooks)),
    policy: hooks.policy,
    others: { floor: by(withFloor(client)), ...aroundCalls(bare) },
  };
}

function withFloor(client: Got): Got {
  return client.extend({
    handlers: [
      (options, next) => {
        const sent = next(options);
        if (sent instanceof Promise) sent.then(seenGood, seenBad).catch(() => undefined);
        return sent;
      },
    ],
  });
}
