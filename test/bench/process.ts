/** Runs a program in a process of its own, so that code which ran before does not change how its code is optimised. */

import { type ChildProcess, fork } from 'node:child_process';

export interface HeldProcess<T> {
  readonly output: T;
  stop(): void;
}

/** The result of the program; its process has ended by then. */
export async function runProcess<T>(program: string, input: unknown, flags: readonly string[] = []): Promise<T> {
  const { output, stop } = await holdProcess<T>(program, input, flags);
  stop();
  return output;
}

/** The result of the program; its process stays until it is stopped. */
export async function holdProcess<T>(
  program: string,
  input: unknown,
  flags: readonly string[] = [],
): Promise<HeldProcess<T>> {
  const child = fork(program, [JSON.stringify(input)], { execArgv: [...flags] });
  const output = await resultOf<T>(child, `${program} ${JSON.stringify(input)}`);
  return { output, stop: () => child.kill('SIGKILL') };
}

/** The other side: runs with the input of {@link runProcess} and sends the result to the parent. */
export async function answerParent<I>(run: (input: I) => unknown): Promise<void> {
  // A process whose parent has died would stay for ever.
  process.on('disconnect', () => process.exit());
  process.send?.({ output: await run(JSON.parse(process.argv[2] as string)) });
}

function resultOf<T>(child: ChildProcess, job: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', ({ output }: { output: T }) => resolve(output));
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`the process of ${job} ended early, with code ${code}`)));
  });
}
