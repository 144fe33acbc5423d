/** Sends requests in short slices, alternately with and without something, so other load affects both. */

import type { Send } from '../clients/client.ts';
import { quantile } from '../statistics.ts';

export interface Load {
  readonly sliceMs: number;
  readonly concurrency: number;
}

export interface Slice {
  readonly requests: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Processor time of this process per request. */
  readonly cpuUs: number;
}

export interface Pair {
  readonly bare: Slice;
  /** With the attachment. */
  readonly laden: Slice;
}

/** Warm-up slices of both. */
const WARM_UP = 4;

export async function inPairs(bare: () => Promise<Slice>, laden: () => Promise<Slice>, pairs: number): Promise<Pair[]> {
  const kept: Pair[] = [];
  for (let i = -WARM_UP; i < pairs; i++) {
    const pair = await timePair(bare, laden, i % 2 === 0);
    if (i >= 0) kept.push(pair);
  }
  return kept;
}

async function timePair(
  takeBare: () => Promise<Slice>,
  takeLaden: () => Promise<Slice>,
  bareFirst: boolean,
): Promise<Pair> {
  if (bareFirst) {
    const bare = await takeBare();
    return { bare, laden: await takeLaden() };
  }
  const laden = await takeLaden();
  return { bare: await takeBare(), laden };
}

export async function slice(send: Send, { sliceMs, concurrency }: Load): Promise<Slice> {
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
    requests: waits.length,
    perSecond: waits.length / seconds,
    p99Ms: quantile(waits, 0.99),
    cpuUs: (user + system) / waits.length,
  };
}
