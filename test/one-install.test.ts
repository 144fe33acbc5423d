/**
 * One adapter is all that its documents need. Its packed tarball is installed by pnpm, whose layout lets a program import
 * only what its own manifest names. Nothing is downloaded: third parties are linked.
 */

import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..');
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string };
const pnpm = (args: readonly string[], cwd: string): string =>
  execFileSync('npx', ['--yes', packageManager, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });

/** Each adapter, with the documents that use it. Its client is a peer, which the application installs too. */
const ADAPTERS = {
  fetch: ['README.md', 'docs/degrading.md', 'docs/observing.md', 'docs/strategies.md'],
  axios: [],
  got: [],
  undici: [],
} as const;

const missing = whyMissing();
if (missing) console.log(`one-install.test.ts is skipped: pnpm cannot be run: ${missing}`);

describe.skipIf(missing)('one install is enough for', () => {
  let packed: string;

  beforeAll(() => {
    packed = mkdtempSync(join(tmpdir(), 'cutout-packed-'));
    for (const name of ['core', 'http', ...Object.keys(ADAPTERS)]) {
      pnpm(['pack', '--pack-destination', packed], join(root, 'packages', name));
    }
  }, 60_000);
  afterAll(() => rmSync(packed, { recursive: true, force: true }));

  it.each(Object.entries(ADAPTERS))(
    '%s and its documents',
    async (adapter, others) => {
      const project = install(packed, adapter);
      for (const file of [`packages/${adapter}/README.md`, ...others]) {
        const imports = importsIn(file);
        expect(imports.length, file).toBeGreaterThan(0);
        expect(await run(project, imports), file).toMatchObject({ code: 0 });
      }
      expect((await run(project, ["import '@cutout/core';"])).output).toContain('ERR_MODULE_NOT_FOUND');
    },
    60_000,
  );
});

function install(packed: string, adapter: string): string {
  const project = mkdtempSync(join(packed, `${adapter}-`));
  const tarball = (name: string): string =>
    `file:${globSync(`cutout-${name}-*.tgz`, { cwd: packed }).map(file => join(packed, file))}`;
  const client = adapter === 'fetch' ? {} : { [adapter]: `link:${join(root, 'node_modules', adapter)}` };
  write(project, 'package.json', {
    private: true,
    type: 'module',
    dependencies: { [`@cutout/${adapter}`]: tarball(adapter), ...client },
  });
  // JSON is YAML.
  write(project, 'pnpm-workspace.yaml', {
    overrides: {
      '@cutout/core': tarball('core'),
      '@cutout/http': tarball('http'),
      'p-retry': `link:${join(root, 'packages/http/node_modules/p-retry')}`,
    },
  });
  pnpm(['install', '--offline', '--ignore-scripts'], project);
  return project;
}

/** The import statements of its programs, without `@cutout/stale`, which is a package to add. */
function importsIn(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const programs = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  return programs
    .flatMap(code => [...code.matchAll(/^import .*?;$/gms)].map(([line]) => line))
    .filter(line => !line.includes("'@cutout/stale'"));
}

/** Each statement in a module of its own, because programs share names. */
async function run(project: string, imports: readonly string[]): ReturnType<typeof runProgram> {
  const files = [...new Set(imports)].map((line, i) => {
    writeFileSync(join(project, `${i}.js`), line);
    return `import './${i}.js';`;
  });
  writeFileSync(join(project, 'main.js'), files.join('\n'));
  return runProgram([join(project, 'main.js')]);
}

function write(folder: string, file: string, content: object): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}

function whyMissing(): string | undefined {
  try {
    pnpm(['--version'], root);
    return undefined;
  } catch (error) {
    return String((error as Error).message).split('\n')[0];
  }
}
