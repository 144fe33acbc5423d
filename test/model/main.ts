/**
 * The long run of the random schedules: `npm run model -- --runs 1000000 --seed 7`, or `--minutes 10`, or `--only 123` to replay
 * one schedule. Draws a seed if none is given. Prints the coverage, and fails if a property breaks.
 */

import { parseArgs } from 'node:util';
import { campaign } from './campaign.ts';
import { Coverage, PLACES } from './coverage.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});
const BATCH = 1_000;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const runs = values.minutes ? Number.POSITIVE_INFINITY : Number(values.runs ?? 100_000);
const until = values.minutes ? performance.now() + Number(values.minutes) * 60_000 : Number.POSITIVE_INFINITY;
if (
  ![seed, ...(values.minutes ? [] : [runs]), Number(values.minutes ?? 0), Number(values.only ?? 0)].every(
    Number.isFinite,
  )
)
  throw new TypeError(`seed, runs, minutes and only must be numbers, got ${process.argv.slice(2).join(' ')}`);

const coverage = new Coverage();
console.log(`seed ${seed}`);
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    if (values.only !== undefined) await campaign(seed, Number(values.only), 1, coverage);
    else await all();
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

async function all(): Promise<void> {
  let [schedules, steps] = [0, 0];
  while (schedules < runs && performance.now() < until) {
    const done = await campaign(seed, schedules, Math.min(BATCH, runs - schedules), coverage);
    schedules += done.schedules;
    steps += done.steps;
  }
  console.log(`${schedules} schedules, ${steps} steps\n${coverage.table()}`);
  const missing = coverage.missing(PLACES);
  if (missing.length > 0) throw new Error(`no schedule came to: ${missing.join('; ')}`);
}
