/** A client bare, behind its adapter, and behind what others put there, by turns over the same server. */

import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { Client, Send } from '../clients/client.ts';
import { type Load, type Slice, slice } from './slices.ts';

export interface LoopbackInput extends Load {
  readonly name: ClientName;
  readonly url: string;
  readonly rounds: number;
}

/** Each round's slices by the name of what was measured: `bare`, `cutout`, and the others of the client. */
export type LoopbackRound = Readonly<Record<string, Slice>>;

/** Rounds before anything is kept. */
const WARM_UP = 4;

export async function loopback({ name, url, rounds, ...load }: LoopbackInput): Promise<LoopbackRound[]> {
  const client = (await CLIENTS[name]())(url);
  const sends = Object.entries<Send | undefined>({ bare: client.bare, cutout: client.guarded, ...client.others });
  const kept: LoopbackRound[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const seen: Record<string, Slice> = {};
    for (let i = 0; i < sends.length; i++) {
      // Another one is first in each round, so that none always follows the same neighbour's garbage.
      const [what, send] = sends[(i + round + WARM_UP) % sends.length] as [string, Send];
      seen[what] = await slice(send, load);
    }
    if (round >= 0) kept.push(seen);
  }
  await expectGuarded(client, url);
  return kept;
}

/** An adapter that was not in the way would look fast. */
async function expectGuarded({ guarded, policy }: Client, url: string): Promise<void> {
  policy.breaker(new URL(url).origin).isolate();
  const refused = await guarded().then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`the calls to ${url} did not go through the adapter`);
}
