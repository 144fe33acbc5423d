/** Runs a program of the repository in a separate process, on the Node that runs the tests. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Finished {
  readonly code: number;
  readonly output: string;
}

const run = promisify(execFile);

export async function runProgram(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  try {
    const { stdout, stderr } = await run(process.execPath, args, { env: { ...process.env, ...env }, timeout: 60_000 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? 1, output: stdout + stderr };
  }
}
