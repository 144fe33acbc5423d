import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The packages of the suite that each package may import. Imports point one way. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  http: ['core'],
  fetch: ['http', 'core'],
  axios: ['http', 'core'],
  got: ['http', 'core'],
  undici: ['http', 'core'],
  dashboard: ['http', 'core'],
  diagnostics: ['http'],
  opentelemetry: ['http', 'core'],
  stale: ['http', 'core'],
  testing: ['stale', 'http', 'core'],
  prometheus: ['http', 'core'],
};

/** The third-party packages that each may import. Core has none. */
const THIRD_PARTY: Record<string, readonly string[]> = {
  core: [],
  http: ['p-retry'],
  fetch: [],
  axios: ['axios'],
  got: ['got', 'node:'],
  undici: ['undici', 'node:'],
  dashboard: ['node:'],
  diagnostics: ['node:'],
  opentelemetry: ['@opentelemetry/api'],
  stale: ['@noble/hashes', 'http-cache-semantics'],
  testing: ['node:'],
  prometheus: ['prom-client'],
};

const names = globSync('packages/*/package.json', { cwd: root }).map(file => file.split('/')[1] as string);
const sources = (name: string): string[] =>
  globSync(`packages/${name}/src/**/*.ts`, { cwd: root }).filter(file => !/\.test(-d)?\.ts$/.test(file));

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'/gm);
  return [...statements].map(([, type, specifier = '']) => ({ from: file, specifier, typeOnly: type !== undefined }));
}

describe('imports point one way', () => {
  it('with a rule for every package', () => {
    expect(names.sort()).toEqual(Object.keys(ALLOWED).sort());
  });

  for (const name of names) {
    const foreign = sources(name)
      .flatMap(importsOf)
      .filter(({ specifier }) => !specifier.startsWith('.'));

    it(`${name} imports only packages below it`, () => {
      const allowed = [...(ALLOWED[name] ?? []).map(other => `@cutout/${other}`), ...(THIRD_PARTY[name] ?? [])];
      const strays = foreign.filter(({ specifier }) => !allowed.some(prefix => specifier.startsWith(prefix)));
      expect(strays).toEqual([]);
    });

    it(`${name} declares what it imports, and nothing else`, () => {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
      const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).sort();
      const imported = foreign.map(({ specifier }) => packageOf(specifier)).filter(p => !p.startsWith('node:'));
      expect(declared).toEqual([...new Set(imported)].sort());
    });

    it(`${name} has no cycle among its files`, () => {
      expect(findCycle(name)).toBeUndefined();
    });
  }

  it('core has no cycle among its files either where types are counted, and its folders point one way', () => {
    expect(findCycle('core', false)).toBeUndefined();
    const order = ['common', 'trip', 'bulkhead', 'breaker', 'registry'];
    const upward = sources('core').flatMap(file => {
      const own = order.indexOf(file.split('/')[3] as string);
      const above = (specifier: string): boolean => order.indexOf(specifier.split('/')[1] as string) > own;
      return own < 0 ? [] : importsOf(file).filter(({ specifier }) => specifier.startsWith('../') && above(specifier));
    });
    expect(upward).toEqual([]);
  });

  it('finds the imports', () => {
    expect(importsOf('packages/http/src/call/promise-driver.ts').map(({ specifier }) => specifier)).toContain(
      'p-retry',
    );
  });
});

describe('the layout', () => {
  it('gives every package a README and a licence, one version, and ESM only', () => {
    for (const name of names) {
      const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
      expect(manifest).toMatchObject({ name: `@cutout/${name}`, type: 'module', license: 'MIT', version: '0.1.0' });
      expect(manifest.engines.node).toBe('>=22.19');
      for (const file of ['README.md', 'LICENSE'])
        expect(existsSync(join(root, 'packages', name, file)), file).toBe(true);
    }
  });

  it('keeps every source file to one idea of at most 350 lines', () => {
    for (const file of names.flatMap(sources)) {
      expect(readFileSync(join(root, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(350);
    }
  });
});

function packageOf(specifier: string): string {
  return specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
}

/** Finds a cycle of run-time imports; types may refer to each other. */
function findCycle(name: string, runtimeOnly = true): string[] | undefined {
  const next = new Map(sources(name).map(file => [file, ownImports(file, runtimeOnly)]));
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path, file];
    if (done.has(file)) return undefined;
    for (const other of next.get(file) ?? []) {
      const cycle = walk(other, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function ownImports(file: string, runtimeOnly: boolean): string[] {
  return importsOf(file)
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !(typeOnly && runtimeOnly))
    .map(({ specifier }) => relative(root, join(root, dirname(file), specifier)));
}
