/** C: the memory of a breaker, and the time to create one. */

import { inChild } from '../child.ts';
import type { Effort } from '../effort.ts';
import { WEIGHING } from '../jobs/retained.ts';
import type { Weight } from '../jobs/weight.ts';
import { certain, type Kept, type Section } from '../section.ts';
import { median } from '../statistics.ts';
import type { SubjectName } from '../subjects/all.ts';
import { bold, table, whole } from '../table.ts';

interface Row {
  readonly name: SubjectName;
  readonly ns: number;
  readonly few: Weight;
  readonly many: Weight & { readonly count: number };
}

const NAMES: readonly SubjectName[] = [
  'cutout consecutive',
  'cutout, made alone',
  'cutout count window',
  'cutout time window',
  'cockatiel consecutive',
  'cockatiel count',
  'cockatiel sampling',
  'opossum',
];
/** Subjects with timers, listeners and so much memory that fewer are created. */
const HEAVY: readonly SubjectName[] = ['opossum'];
/** Repeated, because in a small heap a few kilobytes of anything else matter. */
const WEIGHINGS_OF_FEW = 3;

const LIMITS = [
  ['cutout consecutive', 400],
  ['cutout time window', 1_000],
] as const;

export const weightSection: Section = async effort => {
  const rows: Row[] = [];
  for (const name of NAMES) rows.push(await measure(name, effort));
  const kept = LIMITS.map(([name, limit]) => lightEnough(rows, name, limit));
  return { title: 'C. Memory and creation', text: textOf(rows, effort), kept };
};

/** Memory does not depend on the load, so two processes measure it at a time; timings run alone. */
async function measure(name: SubjectName, { rounds, few, many, manyOfTheHeavy }: Effort): Promise<Row> {
  const count = HEAVY.includes(name) ? manyOfTheHeavy : many;
  const ns = await inChild('creation', { name, rounds });
  const [light, heavy] = await Promise.all([
    weighFew(name, few),
    inChild('weight', { name, count, busy: false }, WEIGHING),
  ]);
  return { name, ns, few: light, many: { count, ...heavy } };
}

async function weighFew(name: SubjectName, count: number): Promise<Weight> {
  const all: Weight[] = [];
  for (let i = 0; i < WEIGHINGS_OF_FEW; i++) all.push(await inChild('weight', { name, count, busy: true }, WEIGHING));
  const middle = (which: keyof Weight): number => median(all.map(each => each[which]));
  return { fresh: middle('fresh'), used: middle('used'), busy: middle('busy') };
}

function textOf(rows: readonly Row[], { few }: Effort): string {
  const lines = rows.map(({ name, ns, few: light, many }) => [
    bold(name),
    whole(ns),
    whole(light.fresh),
    whole(light.used),
    whole(light.busy),
    whole(many.count),
    whole(many.fresh),
    whole(many.used),
  ]);
  const head = ['', 'ns to make one', `bytes, ${whole(few)} of them`, 'used', 'used often', 'number', 'bytes', 'used'];
  return `Memory held after a full garbage collection, heap and buffers together, per breaker. The key's text is shared and not counted. "Used" is
after ten successful calls each, "used often" after sixty. A registry creates ours, as in every policy; one made alone keeps its own
checked options. opossum is measured in a smaller number, as each takes kilobytes and two timers.

${table(head, lines)}`;
}

/** Compares the maximum: new or used, few or many. */
function lightEnough(rows: readonly Row[], name: SubjectName, limit: number): Kept {
  const { few, many } = rows.find(row => row.name === name) as Row;
  const most = Math.max(few.fresh, few.used, many.fresh, many.used);
  return certain(`${name}: at most ${whole(limit)} bytes when closed`, most <= limit, `${whole(most)} bytes`);
}
