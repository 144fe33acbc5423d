/** The process in which one job runs. */

import { answerParent } from '../process.ts';
import { JOBS, type JobName } from './jobs/all.ts';

await answerParent(async ({ name, input }: { name: JobName; input: never }) => {
  const run = (await JOBS[name]()) as (input: never) => unknown;
  return run(input);
});
