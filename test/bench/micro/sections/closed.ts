/** A: what a closed circuit adds to a call. */

import { inChild } from '../child.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { median } from '../statistics.ts';
import { SUBJECTS, type SubjectName } from '../subjects/all.ts';
import { bold, ns, spreadOf, table, times } from '../table.ts';
import { byTurns, type Row, ratioOf } from './turns.ts';

type Rows = readonly Row<SubjectName>[];

/** Our breaker, its cost limit, and cockatiel's equivalent. */
const LIMITS = [
  ['cutout consecutive', 1.8, 'cockatiel consecutive'],
  ['cutout count window', 2.3, 'cockatiel count'],
  ['cutout time window', 2.3, 'cockatiel sampling'],
] as const;
const FASTER_THAN_COCKATIEL = 1.4;
const FASTER_THAN_OPOSSUM = 3.5;

export const closedSection: Section = async ({ processes, rounds, calls }) => {
  const names = (Object.keys(SUBJECTS) as SubjectName[]).filter(name => name !== 'cutout, made alone');
  const rows = await byTurns(names, processes, name => inChild('closed', { name, rounds, calls }));
  return { title: 'A. Calls through a closed circuit', text: textOf(rows, processes), kept: promisesOf(rows) };
};

function textOf(rows: Rows, processes: number): string {
  const bareNs = median(rows.map(row => row.bareNs));
  const lines = rows.map(row => [bold(row.name), ns(row.ns), ns(row.bareNs), spreadOf(row.ratio)]);
  return `An async function that resolves at once, called and awaited repeatedly. Each row was measured in ${processes} separate processes, in short
rounds that alternate with the bare call, timed by the thread's processor time. The ratio is the median of the processes, with minimum and maximum. The windows have 100
calls, and 10 s in 10 buckets. "By hand" is the least that can see how a call ends: one reaction on its promise and a check which
period admitted it. Timed, it also reads the clock, as anything must that counts by age.

${table(['', 'ns per call', 'bare beside it', 'ratio to bare'], [['bare', ns(bareNs), ns(bareNs), '1'], ...lines])}`;
}

function promisesOf(rows: Rows): Kept[] {
  const limits = LIMITS.map(([name, limit]) => {
    const ratio = ratioOf(rows, name);
    return timed(`${name}: a closed circuit costs at most ${times(limit)} the bare call`, ratio <= limit, times(ratio));
  });
  const peers = LIMITS.map(([name, , peer]) => faster(rows, name, peer, FASTER_THAN_COCKATIEL));
  const opossum = LIMITS.map(([name]) => faster(rows, name, 'opossum, no timeout', FASTER_THAN_OPOSSUM));
  return [...limits, ...peers, ...opossum];
}

/** Compares ratios to bare, since each was measured beside its own bare call. */
function faster(rows: Rows, name: SubjectName, peer: SubjectName, least: number): Kept {
  const gain = ratioOf(rows, peer) / ratioOf(rows, name);
  return timed(`${name}: at least ${times(least)} as fast as ${peer}`, gain >= least, times(gain));
}
