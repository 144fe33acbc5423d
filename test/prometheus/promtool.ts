/** promtool of Debian's `prometheus` package: the installed one, or one unpacked beside the dependencies. */

import { execFile } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aptGet } from '../debian.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '../../node_modules/.cache/promtool');
const unpacked = join(folder, 'usr/bin/promtool');

/** The path of promtool, or why there is none. */
export type Promtool = { readonly path: string } | { readonly missing: string };

export async function findPromtool(): Promise<Promtool> {
  for (const path of ['promtool', unpacked]) if (await works(path)) return { path };
  try {
    await unpack();
    return (await works(unpacked))
      ? { path: unpacked }
      : { missing: 'promtool of the prometheus package does not run' };
  } catch (error) {
    return { missing: `promtool is not installed, and Debian's prometheus package cannot be had: ${error}` };
  }
}

export interface Answer {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs it. A reported error is a result, too. */
export async function ask(path: string, args: readonly string[], input = ''): Promise<Answer> {
  const running = run(path, args, { timeout: 60_000 });
  running.child.stdin?.end(input);
  return running.then(
    ({ stdout, stderr }) => ({ ok: true, output: stdout + stderr }),
    ({ stdout = '', stderr = '', message }) => ({ ok: false, output: `${message}\n${stdout}${stderr}` }),
  );
}

async function works(path: string): Promise<boolean> {
  if (path !== 'promtool' && !existsSync(path)) return false;
  return (await ask(path, ['--version'])).ok;
}

/** Unpacks the package only: installing it would start a server. */
async function unpack(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const cwd = mkdtempSync(join(folder, 'download-'));
  await aptGet(['download', 'prometheus'], cwd);
  const [file = 'prometheus.deb'] = globSync('prometheus_*.deb', { cwd });
  await run('dpkg-deb', ['--extract', join(cwd, file), folder], { timeout: 60_000 });
  rmSync(cwd, { recursive: true });
}
