/** Runs a job of the benchmark in a process of its own. */

import { fileURLToPath } from 'node:url';
import { type HeldProcess, holdProcess, runProcess } from '../process.ts';
import type { Input, JobName, Output } from './jobs/all.ts';

const worker = fileURLToPath(import.meta.resolve('./worker.ts'));

/** The job's result; the process has ended by then. */
export function inChild<N extends JobName>(
  name: N,
  input: Input<N>,
  flags: readonly string[] = [],
): Promise<Output<N>> {
  return runProcess(worker, { name, input }, flags);
}

/** The job's result; the process stays until it is stopped. */
export function holdChild<N extends JobName>(
  name: N,
  input: Input<N>,
  flags: readonly string[] = [],
): Promise<HeldProcess<Output<N>>> {
  return holdProcess(worker, { name, input }, flags);
}
