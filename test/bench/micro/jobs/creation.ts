/** Times the creation of a breaker. */

import { setImmediate as turn } from 'node:timers/promises';
import { median } from '../statistics.ts';
import { type SubjectName, subjectOf } from '../subjects/all.ts';

const BATCH = 1_000;
const WARM_UP = 10;

/** Nanoseconds per breaker, options and their check included, collection excluded. */
export async function creation({
  name,
  rounds,
}: {
  readonly name: SubjectName;
  readonly rounds: number;
}): Promise<number> {
  const subject = await subjectOf(name);
  const batch: unknown[] = new Array(BATCH).fill(undefined);
  const times: number[] = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    const from = performance.now();
    for (let i = 0; i < BATCH; i++) batch[i] = subject.create();
    if (round >= 0) times.push(((performance.now() - from) * 1e6) / BATCH);
    for (const breaker of batch) subject.dispose?.(breaker);
    await turn();
  }
  return median(times);
}
