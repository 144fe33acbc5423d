/**
 * Where an adapter's processor time goes: `npm run profile -- axios` runs a healthy load on a loopback server, bare and
 * behind the adapter by turns, and prints the functions whose self time makes up the difference. `--turns 60` looks for longer.
 */

import { parseArgs } from 'node:util';
import { holdChild, inChild } from '../micro/child.ts';
import { CLIENTS, type ClientName } from '../micro/clients/all.ts';
import type { Spent } from '../micro/jobs/profile.ts';
import { table } from '../micro/table.ts';
import { differenceOf, groupsOf, mostOf } from './difference.ts';

/** The share of the difference that the listed functions make up at the least. */
const COVERED = 0.8;
const LOAD = { sliceMs: 250, concurrency: 32 } as const;
const TURNS = 40;

const { values, positionals } = parseArgs({ options: { turns: { type: 'string' } }, allowPositionals: true });
const name = clientOf(positionals[0] ?? 'fetch');
const turns = values.turns === undefined ? TURNS : Number(values.turns);

const { output, stop } = await holdChild('server', {});
const spent = await inChild('profile', { name, url: output.url, turns, ...LOAD });
stop();
print(spent);

function clientOf(text: string): ClientName {
  if (Object.hasOwn(CLIENTS, text)) return text as ClientName;
  throw new RangeError(`the client must be one of ${Object.keys(CLIENTS).join(', ')}, got "${text}"`);
}

function print(all: readonly Spent[]): void {
  const total = differenceOf(all);
  const sum = (side: 'bareUs' | 'guardedUs'): string => all.reduce((us, each) => us + each[side], 0).toFixed(1);
  const cells = ({ bareUs, guardedUs }: Omit<Spent, 'name' | 'file'>): string[] => {
    const added = guardedUs - bareUs;
    return [bareUs.toFixed(2), guardedUs.toFixed(2), added.toFixed(2), `${((100 * added) / total).toFixed(1)} %`];
  };
  const head = ['bare us', 'guarded us', 'added us', 'of the difference'];
  console.log(
    `${name}: ${sum('bareUs')} us of processor time for a request, ${sum('guardedUs')} us behind the adapter\n`,
  );
  console.log(
    `${table(
      ['where', ...head],
      groupsOf(all).map(each => [each.group, ...cells(each)]),
    )}\n`,
  );
  const rows = mostOf(all, COVERED).map(each => [`${each.file} ${each.name}`, ...cells(each)]);
  console.log(table(['function', ...head], rows));
}
