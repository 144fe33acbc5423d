/** Times two loops by turns in one process, so that what slows the machine slows both. */

import { setImmediate as turn } from 'node:timers/promises';
import { median } from '../statistics.ts';
import { threadMs } from './thread-time.ts';

export type Loop = (calls: number) => Promise<void>;

export interface Rounds {
  readonly rounds: number;
  readonly calls: number;
}

export interface Timed {
  readonly bareNs: number;
  readonly ns: number;
  /** The middle of the rounds' own differences. */
  readonly ownNs: number;
  /** The middle of the rounds' own ratios. */
  readonly ratio: number;
}

/** Rounds in which the code gets its final, optimised form. */
const WARM_UP = 8;

export async function inTurns(bare: Loop, guarded: Loop, { rounds, calls }: Rounds): Promise<Timed> {
  const pairs: { bareNs: number; ns: number }[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const pair = await timePair(bare, guarded, calls, round % 2 === 0);
    if (round >= 0) pairs.push(pair);
  }
  return {
    bareNs: median(pairs.map(({ bareNs }) => bareNs)),
    ns: median(pairs.map(pair => pair.ns)),
    ownNs: median(pairs.map(pair => pair.ns - pair.bareNs)),
    ratio: median(pairs.map(pair => pair.ns / pair.bareNs)),
  };
}

async function timePair(
  bare: Loop,
  guarded: Loop,
  calls: number,
  bareFirst: boolean,
): Promise<{ bareNs: number; ns: number }> {
  if (bareFirst) {
    const bareNs = await timeOf(bare, calls);
    return { bareNs, ns: await timeOf(guarded, calls) };
  }
  const ns = await timeOf(guarded, calls);
  return { bareNs: await timeOf(bare, calls), ns };
}

/** Nanoseconds per call. Timers that have become due run before, not within. */
async function timeOf(loop: Loop, calls: number): Promise<number> {
  await turn();
  const from = threadMs();
  await loop(calls);
  return ((threadMs() - from) * 1e6) / calls;
}
