/** A client against itself behind its door: slices of each by turns, so that what slows the machine slows both. */

import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { Client, Send } from '../clients/client.ts';
import { quantile } from '../statistics.ts';

export interface DoorInput {
  readonly name: ClientName;
  readonly url: string;
  readonly pairs: number;
  readonly sliceMs: number;
  readonly concurrency: number;
}

export interface Slice {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Processor time of this process for a request. */
  readonly cpuUs: number;
}

export interface Pair {
  readonly bare: Slice;
  readonly door: Slice;
}

/** Slices of both before anything is kept. */
const WARM_UP = 4;

export async function door({ name, url, pairs, ...load }: DoorInput): Promise<Pair[]> {
  const client = (await CLIENTS[name]())(url);
  const kept: Pair[] = [];
  for (let i = -WARM_UP; i < pairs; i++) {
    const pair = await timePair(client, load, i % 2 === 0);
    if (i >= 0) kept.push(pair);
  }
  await expectDoor(client, url);
  return kept;
}

type Load = Pick<DoorInput, 'sliceMs' | 'concurrency'>;

async function timePair(client: Client, load: Load, bareFirst: boolean): Promise<Pair> {
  if (bareFirst) {
    const bare = await slice(client.bare, load);
    return { bare, door: await slice(client.door, load) };
  }
  const door = await slice(client.door, load);
  return { bare: await slice(client.bare, load), door };
}

async function slice(send: Send, { sliceMs, concurrency }: Load): Promise<Slice> {
  const waits: number[] = [];
  const cpu = process.cpuUsage();
  const from = performance.now();
  const one = async (): Promise<void> => {
    for (let now = performance.now(); now - from < sliceMs; now = performance.now()) {
      await send();
      waits.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: waits.length / seconds,
    p99Ms: quantile(waits, 0.99),
    cpuUs: (user + system) / waits.length,
  };
}

/** A door that was not in the way would look fast. */
async function expectDoor({ door: send, policy }: Client, url: string): Promise<void> {
  policy.breaker(new URL(url).origin).isolate();
  const refused = await send().then(
    () => false,
    () => true,
  );
  if (!refused) throw new Error(`the calls to ${url} did not go through the door`);
}
