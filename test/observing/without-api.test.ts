import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const packages = join(import.meta.dirname, '../../packages');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cutout-'));
  const scope = join(folder, 'node_modules/@cutout');
  mkdirSync(scope, { recursive: true });
  for (const name of ['core', 'http']) symlinkSync(join(packages, name), join(scope, name));
  for (const part of ['package.json', 'dist'])
    cpSync(join(packages, 'opentelemetry', part), join(scope, 'opentelemetry', part), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = "import { instrument } from '@cutout/opentelemetry'; console.log(typeof instrument);";
const start = () => run(process.execPath, ['--input-type=module', '--eval', program], { cwd: folder });

it('without its optional peer, importing @cutout/opentelemetry names what is missing; with it, it works', async () => {
  await expect(start()).rejects.toThrow("Cannot find package '@opentelemetry/api'");
  const api = join(packages, 'opentelemetry/node_modules/@opentelemetry');
  symlinkSync(api, join(folder, 'node_modules/@opentelemetry'));
  expect((await start()).stdout).toBe('function\n');
});
