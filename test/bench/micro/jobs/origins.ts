/** What a call of the fetch adapter costs where each goes to the next of many origins. */

import { createFetch } from '@cutout/fetch';
import { inTurns, type Loop, type Rounds, type Timed } from './in-turns.ts';

export interface OriginsInput extends Rounds {
  readonly origins: number;
}

type Fetch = (url: string) => Promise<Response>;

export async function origins({ origins: count, ...rounds }: OriginsInput): Promise<Timed> {
  const response = new Response(null);
  const stub = (): Promise<Response> => Promise.resolve(response);
  const urls = Array.from({ length: count }, (_, i) => `https://host-${i}.example/items`);
  return inTurns(loopOver(stub, urls), loopOver(createFetch({ fetch: stub }), urls), rounds);
}

function loopOver(fetch: Fetch, urls: readonly string[]): Loop {
  let next = 0;
  return async calls => {
    for (let i = 0; i < calls; i++) {
      await fetch(urls[next] as string);
      next = next + 1 === urls.length ? 0 : next + 1;
    }
  };
}
