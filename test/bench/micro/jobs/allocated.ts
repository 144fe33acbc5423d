/** Bytes that a call allocates, by the growth of a heap in which nothing is collected meanwhile. */

import { STUBBED, type StubbedName } from '../../stubbed/all.ts';
import { type Send, TIME_LIMIT } from '../../stubbed/stubbed.ts';
import { median } from '../statistics.ts';

/** For processes that run this job: the young generation holds all that a round allocates. */
export const ALLOCATING = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'] as const;

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

export async function allocated({ client, limited, rounds, calls, warmUp }: AllocatedInput): Promise<Allocated> {
  const { bare, guarded } = (await STUBBED[client]())(limited ? TIME_LIMIT : {});
  await repeat(guarded, warmUp);
  await repeat(bare, warmUp);
  const seen: { readonly bare: number; readonly own: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await bytesOf(bare, calls);
    seen.push({ bare: alone, own: (await bytesOf(guarded, calls)) - alone });
  }
  return { bareBytes: median(seen.map(each => each.bare)), ownBytes: median(seen.map(each => each.own)) };
}

async function bytesOf(send: Send, calls: number): Promise<number> {
  if (!globalThis.gc) throw new Error(`the process must be started with ${ALLOCATING.join(' ')}`);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  await repeat(send, calls);
  return (process.memoryUsage().heapUsed - before) / calls;
}

async function repeat(send: Send, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await send();
}
