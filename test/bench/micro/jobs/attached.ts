/** Compares an adapter with the same adapter and an attachment. */

import type { HttpPolicy } from '@cutout/http';
import { ATTACHMENTS, type AttachmentName } from '../attachments/all.ts';
import type { Attach } from '../attachments/attachment.ts';
import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { Client } from '../clients/client.ts';
import { inPairs, type Load, type Pair, type Slice, slice } from './slices.ts';

export interface AttachedInput extends Load {
  readonly client: ClientName;
  readonly attachment: AttachmentName;
  readonly url: string;
  readonly pairs: number;
}

export async function attached({ client: name, attachment, url, pairs, ...load }: AttachedInput): Promise<Pair[]> {
  const client = (await CLIENTS[name]())(url);
  const attach: Attach = await ATTACHMENTS[attachment]();
  const bare = () => slice(client.guarded, load);
  return inPairs(bare, () => sliceWith(attach, client, load), pairs);
}

/** Attached for this slice only: a timer that continued would slow the next one. */
async function sliceWith(attach: Attach, { guarded, policy }: Client, load: Load): Promise<Slice> {
  const { seen, stop } = attach(policy);
  const taken = await slice(guarded, load);
  tripOther(policy);
  await stop();
  if (seen?.() === 0) throw new Error('what was attached has seen nothing of the calls, and would look cheap');
  return taken;
}

/** Makes a transition, for attachments that observe only those. */
function tripOther(policy: HttpPolicy): void {
  const other = policy.breaker('http://other.example');
  other.isolate();
  other.release();
}
