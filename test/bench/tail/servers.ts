/** Starts the server's process, and reads its records. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Count } from './server.ts';

export interface Servers {
  readonly origins: readonly string[];
  /** The records of each origin. */
  counts(): Promise<readonly Count[]>;
  stop(): void;
}

const program = fileURLToPath(import.meta.resolve('./server.ts'));

export async function startServers(count: number, seed: number): Promise<Servers> {
  const child = fork(program, [String(count), String(seed)]);
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the server's process ended early, with code ${code}`);
  });
  exited.catch(() => undefined);
  const message = async <T>(): Promise<T> => (await Promise.race([once(child, 'message'), exited]))[0] as T;
  return {
    origins: await message<string[]>(),
    counts: () => {
      const answered = message<Count[]>();
      child.send('counts');
      return answered;
    },
    stop: () => child.kill('SIGKILL'),
  };
}
