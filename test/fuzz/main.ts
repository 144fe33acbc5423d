/**
 * `npm run fuzz -- --runs 10000 --adapter all --seed 1`: draws options, hooks, bodies, signals and servers, most of them
 * hostile, and counts leaks. The seed alone determines a run: `--adapter got --seed 17 --runs 1` plays one again.
 */

import { parseArgs } from 'node:util';
import { campaign, KINDS, type Report } from './campaign.ts';
import { SUBJECTS } from './subjects.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    adapter: { type: 'string', default: 'all' },
    seed: { type: 'string', default: '1' },
    together: { type: 'string', default: '30' },
    shrink: { type: 'string', default: '8' },
  },
});

const subjects = SUBJECTS.filter(({ name }) => values.adapter === 'all' || values.adapter === name);
if (subjects.length === 0)
  throw new RangeError(`--adapter must be all, ${SUBJECTS.map(({ name }) => name).join(', ')}`);

// Hooks fail on purpose, so their reports are no result.
console.error = () => undefined;
console.warn = () => undefined;

const reports: Report[] = [];
for (const subject of subjects) {
  const startedAt = performance.now();
  const report = await campaign(subject, {
    runs: Number(values.runs),
    seed: Number(values.seed),
    together: Number(values.together),
    shrink: Number(values.shrink),
  });
  reports.push(report);
  print(report, Math.round((performance.now() - startedAt) / 1_000));
}
process.exit(reports.every(({ failures }) => failures.length === 0) ? 0 : 1);

function print({ adapter, runs, refused, clientsOwn, counts, failures }: Report, seconds: number): void {
  const numbers = KINDS.map(kind => `${kind} ${counts[kind]}`).join(', ');
  console.log(
    `${adapter}: ${runs} runs, ${refused} with options that were refused, ${clientsOwn} that end the bare client too, ${seconds} s: ${numbers}`,
  );
  for (const { seed, faults, plan } of failures) {
    console.log(`  --adapter ${adapter} --seed ${seed} --runs 1: ${plan}`);
    for (const { kind, detail } of faults) console.log(`    ${kind}: ${detail}`);
  }
}
