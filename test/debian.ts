/** Debian's packages, for tests that need a program that is not on npm. */

import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Two test files may install packages at the same time; apt waits for its lock. */
const LOCKED = /Could not get lock|is held by process|Unable to acquire/;
const TRIES = 60;

/** Runs apt-get; after a failure, again with fresh lists. */
export async function aptGet(args: readonly string[], cwd?: string): Promise<void> {
  await unlocked(args, cwd).catch(async () => {
    await unlocked(['update']);
    await unlocked(args, cwd);
  });
}

async function unlocked(args: readonly string[], cwd?: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; ; attempt++) {
    try {
      await run('apt-get', args, { timeout: 240_000, env, ...(cwd ? { cwd } : {}) });
      return;
    } catch (error) {
      if (attempt === TRIES || !LOCKED.test(String((error as { stderr?: unknown }).stderr))) throw error;
      await setTimeout(1_000);
    }
  }
}
