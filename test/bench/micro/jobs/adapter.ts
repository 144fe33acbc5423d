/** Compares a bare client with the same client and its adapter. */

import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { Client } from '../clients/client.ts';
import { inPairs, type Load, type Pair, slice } from './slices.ts';

export interface AdapterInput extends Load {
  readonly name: ClientName;
  readonly url: string;
  readonly pairs: number;
}

export async function adapter({ name, url, pairs, ...load }: AdapterInput): Promise<Pair[]> {
  const client = (await CLIENTS[name]())(url);
  const bare = () => slice(client.bare, load);
  const kept = await inPairs(bare, () => slice(client.adapter, load), pairs);
  await expectAdapter(client, url);
  return kept;
}

/** Checks that calls go through the adapter: an unused one would look fast. */
async function expectAdapter({ adapter: send, policy }: Client, url: string): Promise<void> {
  policy.breaker(new URL(url).origin).isolate();
  const refused = await send().then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`the calls to ${url} did not go through the adapter`);
}
