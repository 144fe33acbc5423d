/** Measures the subjects in turn, round after round, so other load affects all of them. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from './open-loop.ts';
import { openLoop } from './open-loop.ts';
import type { Count } from './server.ts';
import { startServers } from './servers.ts';
import type { Subject } from './subjects.ts';

export interface Effort {
  readonly rounds: number;
  readonly load: Load;
}

export interface Measured {
  readonly subject: Subject;
  /** Milliseconds of each call, by round. */
  readonly rounds: readonly (readonly number[])[];
  /** What the server recorded meanwhile. */
  readonly seen: Count;
}

const SEED = 20_131;
/** The warm-up opens connections, optimises code and learns latencies. */
const WARM_UP = 1;
/** Time for sent requests to arrive. */
const SETTLED_MS = 200;

export async function measure(subjects: readonly Subject[], { rounds, load }: Effort): Promise<readonly Measured[]> {
  const servers = await startServers(subjects.length, SEED);
  const sends = subjects.map((subject, i) => subject.make(servers.origins[i] as string));
  const waits: (readonly number[])[][] = subjects.map(() => []);
  const oneRound = async (keep: boolean, firstTurn: number): Promise<void> => {
    for (let turn = 0; turn < subjects.length; turn++) {
      const i = (firstTurn + turn) % subjects.length;
      const waited = await openLoop(sends[i] as () => Promise<unknown>, load);
      if (keep) waits[i]?.push(waited);
    }
    await sleep(SETTLED_MS);
  };
  for (let i = 0; i < WARM_UP; i++) await oneRound(false, 0);
  const before = await servers.counts();
  for (let i = 0; i < rounds; i++) await oneRound(true, i);
  const after = await servers.counts();
  servers.stop();
  return subjects.map((subject, i) => ({
    subject,
    rounds: waits[i] as (readonly number[])[],
    seen: difference(after[i] as Count, before[i] as Count),
  }));
}

function difference(after: Count, before: Count): Count {
  return { requests: after.requests - before.requests, connections: after.connections - before.connections };
}
