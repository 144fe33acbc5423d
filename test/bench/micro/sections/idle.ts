/** D: what idle breakers cost. */

import { inChild } from '../child.ts';
import { WEIGHING } from '../jobs/retained.ts';
import { type Section, timed } from '../section.ts';
import type { SubjectName } from '../subjects/all.ts';
import { bold, table, whole } from '../table.ts';

const NAMES: readonly (SubjectName | null)[] = [
  null,
  'cutout consecutive',
  'cutout time window',
  'cockatiel sampling',
  'opossum',
];
const COUNT = 10_000;
/** The share of a processor by which two empty processes may differ. */
const NOISE = 0.001;

/** All at once: idle processes do not disturb each other. */
export const idleSection: Section = async ({ idleMs }) => {
  const rows = await Promise.all(
    NAMES.map(async name => ({ name, ms: await inChild('idle', { name, count: COUNT, ms: idleMs }, WEIGHING) })),
  );
  const of = (name: SubjectName | null): number => rows.find(row => row.name === name)?.ms ?? Number.NaN;
  const share = (ms: number): string => `${((100 * ms) / idleMs).toFixed(2)} %`;
  const lines = rows.map(({ name, ms }) => [name ? bold(name) : 'an empty process', ms.toFixed(1), share(ms)]);
  const most = Math.max(of('cutout consecutive'), of('cutout time window'));
  return {
    title: 'D. At rest',
    text: `The processor time of a process that holds ${whole(COUNT)} breakers, each called once, and idles for ${idleMs / 1_000} s.

${table(['', 'ms', 'of one processor'], lines)}`,
    kept: [
      timed(
        `cutout: ${whole(COUNT)} breakers at rest take no more than an empty process, give or take ${share(NOISE * idleMs)}`,
        most - of(null) <= NOISE * idleMs,
        `${share(most)}, the empty one ${share(of(null))}`,
      ),
    ],
  };
};
