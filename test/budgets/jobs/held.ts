/** Memory that stays while it is needed: for each call under way, and for each origin that has been called. */

import { createFetch } from '@cutout/fetch';
import { retainedBytes } from '../../bench/micro/jobs/retained.ts';
import { answerParent } from '../../bench/process.ts';
import { URL_TEXT } from '../../bench/stubbed/stubbed.ts';

export interface HeldInput {
  readonly calls: number;
  readonly origins: number;
}

export interface Held {
  /** Bytes beyond those of the bare client. */
  readonly perCall: number;
  readonly perOrigin: number;
}

type Fetch = (url: string) => Promise<Response>;

/** So that code and tables which all calls share exist before anything is weighed. */
const WARM_UP = 500;

await answerParent(async ({ calls, origins }: HeldInput): Promise<Held> => {
  const waiting: (() => void)[] = [];
  const response = new Response(null);
  const stub = (): Promise<Response> => new Promise(resolve => waiting.push(() => resolve(response)));
  const guarded = createFetch({ fetch: stub });

  const pending = async (fetch: Fetch, count: number): Promise<number> => {
    const before = retainedBytes();
    const sent = Array.from({ length: count }, () => fetch(URL_TEXT));
    // The adapter has sent all of them, and waits.
    while (waiting.length < count) await Promise.resolve();
    const held = retainedBytes() - before;
    for (const answer of waiting.splice(0)) answer();
    await Promise.all(sent);
    return held / count;
  };
  for (const fetch of [stub, guarded]) await pending(fetch, WARM_UP);
  const bare = await pending(stub, calls);
  return { perCall: (await pending(guarded, calls)) - bare, perOrigin: await weighOrigins(origins) };
});

async function weighOrigins(count: number): Promise<number> {
  const response = new Response(null);
  const guarded = createFetch({ fetch: () => Promise.resolve(response) });
  await callEach(guarded, 'warm', WARM_UP);
  const before = retainedBytes();
  await callEach(guarded, 'host', count);
  return (retainedBytes() - before) / count;
}

async function callEach(fetch: Fetch, name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await fetch(`https://${name}-${i}.example/items`);
}
