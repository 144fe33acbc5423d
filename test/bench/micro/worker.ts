/** The process of one job: gets the job as its argument and sends the result to its parent. */

import { JOBS, type JobName } from './jobs/all.ts';

// The parent ends this process, so without a parent it ends itself.
process.on('disconnect', () => process.exit());

const { name, input } = JSON.parse(process.argv[2] as string) as { name: JobName; input: never };
const run = (await JOBS[name]()) as (input: never) => unknown;
process.send?.({ output: await run(input) });
