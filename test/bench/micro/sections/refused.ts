/** B: what a refusal costs. */

import type { StubbedName } from '../../stubbed/all.ts';
import { inChild } from '../child.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { REFUSERS, type RefuserName } from '../subjects/all.ts';
import { bold, ns, spreadOf, table, times } from '../table.ts';
import { byTurns, type Row, ratioOf } from './turns.ts';

/** How much longer an error with its stack takes than a call. */
const SLOWER = 8;

/** The calls of a round, so that a round of any client takes about as long. */
const CALLS: Readonly<Record<RefusingClient, number>> = {
  'fetch without body': 4_000,
  'undici.request': 4_000,
  axios: 500,
  got: 300,
};
type RefusingClient = Exclude<StubbedName, 'fetch with json()'>;

/** What a refusal of these may take: microseconds where the client adds little, or times the client's own failure. */
const MOST_US = { 'fetch without body': 3.2, 'undici.request': 3 } as const;
const MOST_TIMES = { axios: 1.2, got: 1.2 } as const;

export const refusedSection: Section = async ({ processes, rounds, calls }) => {
  const names = Object.keys(REFUSERS) as RefuserName[];
  const rows = await byTurns(names, processes, name => inChild('refused', { name, rounds, calls: calls / SLOWER }));
  const clients = Object.keys(CALLS) as RefusingClient[];
  const adapters = await byTurns(clients, processes, client =>
    inChild('refusedByAdapter', { client, rounds, calls: CALLS[client] }),
  );
  const lines = rows.map(lineOf);
  const gain = ratioOf(rows, 'cockatiel') / ratioOf(rows, 'cutout execute');
  return {
    title: 'B. Refusals of an open circuit',
    text: `Measured like A, against an async function that throws a new \`Error\`, which is caught. \`tryAcquire\` returns its refusal and is not awaited.

${table(['', 'ns per refusal', 'bare beside it', 'ratio to bare'], lines)}

The adapters' refusals, with \`retry: false\`, compared with a call of the bare client that fails at once: its transport throws an \`Error\`, and the
client makes its own kind of error of it.

${table(['', 'ns per refusal', 'failure beside it', 'ratio'], adapters.map(lineOf))}`,
    kept: [
      ...adapters.flatMap(promisesOf),
      timed('cutout execute: refuses faster than cockatiel', gain > 1, `${times(gain)} as fast`),
    ],
  };
};

const lineOf = (row: Row<string>): string[] => [bold(row.name), ns(row.ns), ns(row.bareNs), spreadOf(row.ratio)];

function promisesOf(row: Row<RefusingClient>): Kept[] {
  const { name } = row;
  if (name === 'axios' || name === 'got') {
    const { middle } = row.ratio;
    const promise = `${name}: a refusal costs at most ${times(MOST_TIMES[name])} the client's own failure`;
    return [timed(promise, middle <= MOST_TIMES[name], times(middle))];
  }
  const us = row.ns / 1_000;
  const promise = `${name}: a refusal takes at most ${MOST_US[name].toFixed(1)} us`;
  return [timed(promise, us <= MOST_US[name], `${us.toFixed(1)} us`)];
}
