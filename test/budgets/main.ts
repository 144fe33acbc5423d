/**
 * Prints each count beside what it was and what it should become, and writes all of them to .reports/budgets.json.
 * `npm run budgets -- --list fetch` lists what one healthy call runs through, `--long 20` the longest functions.
 * `--ceilings lower` lowers the ceilings of the tests to the present counts, `--ceilings set` also raises them.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table, whole } from '../bench/micro/table.ts';
import { sourceFacts } from './code.ts';
import { CLIENTS, type ClientId, type Count, measure } from './measure.ts';
import { callsOf, FULL, QUICK } from './running.ts';
import { withCeilings } from './set-ceilings.ts';

const { values } = parseArgs({
  options: { list: { type: 'string' }, long: { type: 'string' }, ceilings: { type: 'string' } },
});
if (values.list !== undefined) await listCalls(values.list);
else if (values.long !== undefined) listLong(Number(values.long));
else if (values.ceilings !== undefined) await writeCeilings(values.ceilings);
else await report();

async function report(): Promise<void> {
  const counts = await measure(FULL);
  const folder = join(import.meta.dirname, '../../.reports');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'budgets.json'), `${JSON.stringify(counts, undefined, 2)}\n`);
  const shown = (value: number | undefined): string => (value === undefined ? '' : whole(value));
  const rows = counts.map(each => [
    each.what,
    each.unit,
    shown(each.before),
    shown(each.value),
    shown(each.ceiling),
    shown(each.budget),
    standing(each),
  ]);
  console.log(table(['', 'unit', 'before', 'now', 'ceiling', 'budget', ''], rows));
}

function standing({ value, budget, ceiling }: Count): string {
  if (ceiling !== undefined && value > ceiling) return 'above its ceiling';
  if (budget === undefined) return '';
  return value <= budget ? 'within' : `${(value / budget).toFixed(1)} x`;
}

async function listCalls(name: string): Promise<void> {
  if (!Object.hasOwn(CLIENTS, name))
    throw new RangeError(`--list must be one of ${Object.keys(CLIENTS).join(', ')}, got "${name}"`);
  const { functions } = await callsOf(CLIENTS[name as ClientId]);
  const rows = functions.map(({ file, name, calls }) => [file, name, String(calls)]);
  console.log(table(['file', 'function', 'entries per call'], rows));
}

/** As the tests measure them. */
async function writeCeilings(how: string): Promise<void> {
  if (how !== 'lower' && how !== 'set') throw new RangeError(`--ceilings must be lower or set, got "${how}"`);
  const file = join(import.meta.dirname, 'ceilings.ts');
  writeFileSync(file, withCeilings(readFileSync(file, 'utf8'), await measure(QUICK), how));
}

function listLong(count: number): void {
  const { functions, cycles } = sourceFacts();
  const rows = functions.slice(0, count).map(({ file, line, name, lines }) => [`${file}:${line}`, name, String(lines)]);
  console.log(table(['function', 'name', 'lines'], rows));
  for (const files of cycles) console.log(`import each other, types included: ${files.join(', ')}`);
}
