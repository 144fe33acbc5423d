/** Runs a job in a separate process, so earlier code does not affect its optimisation. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Input, JobName, Output } from './jobs/all.ts';

export interface Held<T> {
  readonly output: T;
  stop(): void;
}

const worker = fileURLToPath(import.meta.resolve('./worker.ts'));

/** Resolves with the job's result after the process has ended. */
export async function inChild<N extends JobName>(
  name: N,
  input: Input<N>,
  flags: readonly string[] = [],
): Promise<Output<N>> {
  const { output, stop } = await holdChild(name, input, flags);
  stop();
  return output;
}

/** Resolves with the job's result; the process runs until stopped. */
export async function holdChild<N extends JobName>(
  name: N,
  input: Input<N>,
  flags: readonly string[] = [],
): Promise<Held<Output<N>>> {
  const child = fork(worker, [JSON.stringify({ name, input })], { execArgv: [...flags] });
  const output = await resultOf<Output<N>>(child, `${name} ${JSON.stringify(input)}`);
  return { output, stop: () => child.kill('SIGKILL') };
}

function resultOf<T>(child: ChildProcess, job: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', ({ output }: { output: T }) => resolve(output));
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`the process of ${job} ended early, with code ${code}`)));
  });
}
