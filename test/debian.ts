/** Debian's packages, for tests that need a program which npm does not have. */

import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Two files of tests may want packages at the same time, and apt lets one of them wait no longer than it must. */
const LOCKED = /Could not get lock|is held by process|Unable to acquire/;
const TRIES = 60;

/** Runs apt-get; where it fails, with fresh lists once more. */
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
