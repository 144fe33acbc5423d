/** Bytes that a call allocates, by the growth of a heap in which nothing is collected meanwhile. Start it with {@link ALLOCATING}. */

import { median } from '../../bench/micro/statistics.ts';
import { answerParent } from '../../bench/process.ts';
import { STUBBED, type StubbedName } from '../../bench/stubbed/all.ts';
import { type Send, TIME_LIMIT } from '../../bench/stubbed/stubbed.ts';

export interface AllocatedInput {
  readonly client: StubbedName;
  readonly limited: boolean;
  readonly rounds: number;
  readonly calls: number;
  readonly warmUp: number;
}

export interface Allocated {
  readonly bareBytes: number;
  /** Beyond the bare client's. */
  readonly ownBytes: number;
}

await answerParent(async ({ client, limited, rounds, calls, warmUp }: AllocatedInput): Promise<Allocated> => {
  const { bare, guarded } = (await STUBBED[client]())(limited ? TIME_LIMIT : {});
  await repeat(guarded, warmUp);
  await repeat(bare, warmUp);
  const seen: { readonly bare: number; readonly own: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await bytesOf(bare, calls);
    seen.push({ bare: alone, own: (await bytesOf(guarded, calls)) - alone });
  }
  return { bareBytes: median(seen.map(each => each.bare)), ownBytes: median(seen.map(each => each.own)) };
});

async function bytesOf(send: Send, calls: number): Promise<number> {
  if (!globalThis.gc) throw new Error('the process must be started with --expose-gc');
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  await repeat(send, calls);
  return (process.memoryUsage().heapUsed - before) / calls;
}

async function repeat(send: Send, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await send();
}
