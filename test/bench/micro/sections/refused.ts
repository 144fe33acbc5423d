/** B: what a refusal costs. */

import { inChild } from '../child.ts';
import { type Section, timed } from '../section.ts';
import { REFUSERS, type RefuserName } from '../subjects/all.ts';
import { bold, ns, spreadOf, table, times } from '../table.ts';
import { byTurns, ratioOf } from './turns.ts';

/** How much longer an error with its stack takes than a call. */
const SLOWER = 8;

export const refusedSection: Section = async ({ processes, rounds, calls }) => {
  const names = Object.keys(REFUSERS) as RefuserName[];
  const rows = await byTurns(names, processes, name => inChild('refused', { name, rounds, calls: calls / SLOWER }));
  const lines = rows.map(row => [bold(row.name), ns(row.ns), ns(row.bareNs), spreadOf(row.ratio)]);
  const gain = ratioOf(rows, 'cockatiel') / ratioOf(rows, 'cutout execute');
  return {
    title: 'B. Refusals of an open circuit',
    text: `Measured like A, against an async function that throws a new \`Error\`, which is caught. \`tryAcquire\` returns its refusal and is not awaited.

${table(['', 'ns per refusal', 'bare beside it', 'ratio to bare'], lines)}`,
    kept: [timed('cutout execute: refuses faster than cockatiel', gain > 1, `${times(gain)} as fast`)],
  };
};
