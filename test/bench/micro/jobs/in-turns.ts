/** Times two loops alternately in one process, so other load affects both. */

import { setImmediate as turn } from 'node:timers/promises';
import { median } from '../statistics.ts';

export type Loop = (calls: number) => Promise<void>;

export interface Rounds {
  readonly rounds: number;
  readonly calls: number;
}

export interface Timed {
  readonly bareNs: number;
  readonly ns: number;
  /** The median of the rounds' ratios. */
  readonly ratio: number;
}

/** Warm-up rounds, in which the code gets its optimised form. */
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

/** Nanoseconds per call. Due timers run before the round, not within. */
async function timeOf(loop: Loop, calls: number): Promise<number> {
  await turn();
  const from = performance.now();
  await loop(calls);
  return ((performance.now() - from) * 1e6) / calls;
}
