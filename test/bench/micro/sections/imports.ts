/** I: how long an import takes. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Section, timed } from '../section.ts';
import { median, range } from '../statistics.ts';
import { bold, spreadOf, table } from '../table.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../../..');

const MODULES = {
  'cutout fetch': '@cutout/fetch',
  'cutout core': '@cutout/core',
  ky: 'ky',
  cockatiel: 'cockatiel',
  opossum: 'opossum',
} as const;
type ModuleName = keyof typeof MODULES;
const NAMES = Object.keys(MODULES) as ModuleName[];

/** Imports for each process of the other sections: a process for each of them. */
const TURNS = 4;
const MOST_MS = 15;

export const importsSection: Section = async ({ processes }) => {
  const seen = new Map(NAMES.map(name => [name, [] as number[]]));
  const turns = processes * TURNS;
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, all] of seen) all.push(await importMs(MODULES[name]));
  }
  const lines = NAMES.map(name => [bold(name), spreadOf(range(seen.get(name) as number[]))]);
  const ms = median(seen.get('cutout fetch') as number[]);
  return {
    title: 'I. Import time',
    text: `The first import in a new process, with the files in the disk cache: the median of ${turns} processes, with minimum and maximum.

${table(['', 'ms'], lines)}`,
    kept: [timed(`fetch: its import takes at most ${MOST_MS} ms`, ms <= MOST_MS, `${ms.toFixed(1)} ms`)],
  };
};

async function importMs(module: string): Promise<number> {
  const program = `const from = performance.now(); await import('${module}'); console.log(performance.now() - from);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT });
  return Number(stdout);
}
