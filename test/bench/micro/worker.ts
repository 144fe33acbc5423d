/** The process in which one job runs: it gets the job as its argument and sends what came of it to its parent. */

import { JOBS, type JobName } from './jobs/all.ts';

// The parent ends this process; without a parent nobody would.
process.on('disconnect', () => process.exit());

const { name, input } = JSON.parse(process.argv[2] as string) as { name: JobName; input: never };
const run = (await JOBS[name]()) as (input: never) => unknown;
process.send?.({ output: await run(input) });
