import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { type Plugin, rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const packages = globSync('packages/*', { cwd: root });

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

describe('what is published', () => {
  for (const folder of packages) {
    const pkgDir = join(root, folder);

    it(`of ${folder} is the build, the sources and the documents, without tests`, () => {
      const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: pkgDir,
        encoding: 'utf8',
      });
      // npm prints a list, or since version 11 an object by name.
      const [packed] = Object.values(JSON.parse(json)) as [Packed];
      const files = packed.files.map(file => file.path);
      for (const file of ['dist/index.js', 'dist/index.d.ts', 'src/index.ts', 'README.md', 'LICENSE', 'package.json']) {
        expect(files).toContain(file);
      }
      expect(files.filter(file => /\.test|tsbuildinfo|tsconfig/.test(file))).toEqual([]);
    });

    it(`of ${folder} resolves as its manifest says`, async () => {
      const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
      expect(messages.map(message => formatMessage(message, pkg as Record<string, unknown>))).toEqual([]);
    });
  }

  it('can be imported as built, and required as ESM', () => {
    const program = `
      const { createFetch } = require('@cutout/fetch');
      import('@cutout/fetch').then(all => console.log(all.createFetch === createFetch, typeof all.isCircuitOpenError));
    `;
    expect(execFileSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' })).toBe('true function\n');
  });

  it('links no strategy and no trip that is not imported', async () => {
    const optional = /\/dist\/(bulkhead|hedge)\/|\/trip\/(rate|adaptive)\.js$/;
    const linked = async (entry: string): Promise<string[]> => {
      const bundle = await rolldown({ input: 'entry', plugins: [textModule(entry)] });
      const { output } = await bundle.generate({ format: 'esm' });
      await bundle.close();
      const modules = Object.entries(output[0].modules).filter(([, { renderedLength }]) => renderedLength > 0);
      return modules.map(([id]) => id).filter(id => optional.test(id));
    };
    expect(await linked("export { createFetch } from '@cutout/fetch';")).toEqual([]);
    const names = ['bulkhead', 'hedge', 'rate', 'adaptive'];
    for (const name of names) {
      const own = await linked(`export { createFetch, ${name} } from '@cutout/fetch';`);
      expect(own.join()).toContain(name);
      for (const other of names) if (other !== name) expect(own.join()).not.toContain(`/${other}.js`);
    }
  });

  it('loads nothing that keeps answers before it is imported', () => {
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      const isCaching = url => /packages\\/stale\\/|http-cache-semantics|@noble/.test(url);
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      for (const name of ['fetch', 'axios', 'got', 'undici']) await import('@cutout/' + name);
      console.log(loaded.some(url => url.includes('packages/http/')), loaded.filter(isCaching).length);
      await import('@cutout/stale');
      console.log(loaded.filter(isCaching).length > 2);
    `;
    const args = ['--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })).toBe('true 0\ntrue\n');
  });
});

/** An entry that is never written: the packages are found from this folder. */
function textModule(text: string): Plugin {
  const id = join(import.meta.dirname, 'entry.js');
  return {
    name: 'text-module',
    resolveId: given => (given === 'entry' ? id : undefined),
    load: given => (given === id ? text : undefined),
  };
}
