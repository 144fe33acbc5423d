/** What makes up the difference between two profiles. */

import type { Spent } from '../micro/jobs/profile.ts';

interface SpentByGroup {
  readonly group: string;
  readonly bareUs: number;
  readonly guardedUs: number;
}

const added = ({ bareUs, guardedUs }: { readonly bareUs: number; readonly guardedUs: number }): number =>
  guardedUs - bareUs;

/** Microseconds for a request. */
export const differenceOf = (all: readonly Spent[]): number => all.reduce((sum, each) => sum + added(each), 0);

/** Packages of ours and of others, what is Node's own, and what V8 does: together the whole difference. */
export function groupsOf(all: readonly Spent[]): SpentByGroup[] {
  return [...Map.groupBy(all, groupOf)]
    .map(([group, each]) => ({
      group,
      bareUs: each.reduce((us, { bareUs }) => us + bareUs, 0),
      guardedUs: each.reduce((us, { guardedUs }) => us + guardedUs, 0),
    }))
    .sort((a, b) => added(b) - added(a));
}

/** As few functions as make up this share of the difference. */
export function mostOf(all: readonly Spent[], share: number): Spent[] {
  const sorted = all.toSorted((a, b) => added(b) - added(a));
  const needed = share * differenceOf(all);
  const most: Spent[] = [];
  for (const each of sorted) {
    if (differenceOf(most) >= needed || added(each) <= 0) break;
    most.push(each);
  }
  return most;
}

function groupOf({ file, name }: Spent): string {
  const [, ours] = /^packages\/([^/]+)\//.exec(file) ?? [];
  if (ours) return `@cutout/${ours}`;
  // With pnpm the last one is the package's own.
  const [, other] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (other) return other;
  if (file.startsWith('test/')) return 'the benchmark';
  if (file.startsWith('node:')) return 'Node';
  return name.startsWith('(') ? name : 'built-in functions';
}
