import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ADAPTIVE_DEFAULTS, BREAKER_DEFAULTS, RECOVERY_DEFAULTS, THROTTLE_DEFAULTS } from '@cutout/core';
import {
  BACKOFF_DEFAULTS,
  BUDGET_DEFAULTS,
  BULKHEAD_STRATEGY_DEFAULTS,
  HEDGE_DEFAULTS,
  HTTP_DEFAULTS,
  RETRY_DEFAULTS,
} from '@cutout/http';
import { COLLECT_DEFAULTS } from '@cutout/prometheus';
import { STALE_DEFAULTS } from '@cutout/stale';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../run-program.ts';

const root = join(import.meta.dirname, '../..');
const packages = globSync('packages/*/README.md', { cwd: root });
const documents = [
  'README.md',
  'docs/degrading.md',
  'docs/observing.md',
  'docs/strategies.md',
  'docs/trips.md',
  ...packages,
];
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const blocks = (file: string): string[] =>
  [...text(file).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);

/** The expected output of each block. */
const PROMISED: Record<string, RegExp> = {
  'README.md#1': /^(\d tried and failed\n){5}6 refused at once, nothing sent\nopen\n$/,
  'README.md#2': /^200\n$/,
  'docs/degrading.md#1': /^30 answered, 10 refused\n$/,
  'docs/degrading.md#2':
    /^stale (\S+)\n\[ \{ path: '\/items' \} \]\nfallback \1\n\[\]\ncannot be done now: ERR_CIRCUIT_OPEN\n$/,
  'docs/observing.md#1':
    /^circuit (\S+) closed -> open \(consecutive\) failed=5 last=ECONNREFUSED retry_in=0\.[12]s\n(circuit \1 (open -> half-open \(open-elapsed\)|half-open -> open \(probe-failed\) last=ECONNREFUSED retry_in=)[^\n]*\n)+\1 is still down, reported 1 time\n$/,
  'docs/observing.md#2':
    /^https:\/\/api\.example\.com isolated 100 % of the attempts, 1 refused, open for 0 ms\n\{[^}]*'first-try': 9,[^}]*refused: 1,[^}]*\}\n$/,
  'docs/strategies.md#1': /^200\n$/,
  'docs/trips.md#1': /^closed\nclosed\nopen\n$/,
  'packages/axios/README.md#1': /^(\d ECONNREFUSED\n){5}6 ERR_CIRCUIT_OPEN\n$/,
  'packages/axios/README.md#2': /^\[ \{ path: '\/items' \} \] cutout; hit; fwd=stale; detail=ERR_CIRCUIT_OPEN\n$/,
  'packages/core/README.md#1': /^(Error\n){5}\[@cutout\/core\] circuit "billing" is open\n$/,
  'packages/core/README.md#2': /42\n$/,
  'packages/core/README.md#3':
    /^circuit "billing" is closed; 3 of 5 failures in a row\nopen for another [45]\d{3} ms\n$/,
  'packages/core/README.md#4': /^open consecutive\n$/,
  'packages/core/README.md#5': /^done\ndone\ndone\nrefused\n$/,
  'packages/dashboard/README.md#1': /^1 https:\/\/api\.example\.com closed\n$/,
  'packages/diagnostics/README.md#1': /^https:\/\/api\.example\.com: closed -> isolated\n$/,
  'packages/fetch/README.md#1': /^200 \[ \{ path: '\/items' \} \]\n$/,
  'packages/fetch/README.md#2': /stale: true \}\ntrue\n$/,
  'packages/fetch/README.md#3': /^200 cutout; hit; fwd=stale; detail=ERR_CIRCUIT_OPEN\n$/,
  'packages/fetch/README.md#4': /^(outcome\n){6}$/,
  'packages/got/README.md#1': /^(\d ECONNREFUSED\n){5}6 ERR_CIRCUIT_OPEN\nopen\n$/,
  'packages/got/README.md#2': /^secret \{ success: 2, failure: 0, ignore: 0 \}\n$/,
  'packages/got/README.md#3': /^\{ items: \[\], refused: false \}\n$/,
  'packages/got/README.md#4': /^good good cutout; hit; fwd=stale; detail=E[A-Z]+\n$/,
  'packages/http/README.md#1': /^200 closed\n$/,
  'packages/http/README.md#2': /^circuit "https:\/\/api\.example\.com" is closed; 1 of 3 failures in a row\n$/,
  'packages/http/README.md#3': /^https:\/\/api\.example\.com \{ success: 1, failure: 0, ignore: 0 \}\n$/,
  'packages/opentelemetry/README.md#1': /^200 1\n$/,
  'packages/prometheus/README.md#1':
    /^cutout_breaker_calls_total\{server_address="api\.example\.com",server_port="443",cutout_breaker_name="shop",cutout_outcome="success"\} 1\n$/,
  'packages/prometheus/README.md#2': /^true\n$/,
  'packages/stale/README.md#1': /^200 \d cutout; hit; fwd=stale; detail=ERR_CIRCUIT_OPEN\n$/,
  'packages/stale/README.md#2': /^200\n$/,
  'packages/undici/README.md#1': /^(\d ECONNREFUSED\n){5}6 refused\n$/,
  'packages/undici/README.md#2': /^\{ items: \[\] \}\n$/,
  'packages/undici/README.md#3': /^good good cutout; hit; fwd=stale; detail=[A-Z_]+\n$/,
  'packages/testing/README.md#1': /^open\nhalf-open\n$/,
};

describe('every program in a document', () => {
  const preload = pathToFileURL(join(root, 'test/docs/preload.ts')).href;
  const folder = join(root, '.reports/docs');
  mkdirSync(folder, { recursive: true });

  const programs = documents.flatMap(file => blocks(file).map((code, i) => ({ name: `${file}#${i + 1}`, code })));
  for (const { name, code } of programs) {
    it(`${name} runs and prints the expected output`, async () => {
      const file = join(folder, `${name.replace(/\W/g, '-')}.ts`);
      writeFileSync(file, code);
      const { code: exit, output } = await runProgram(['--import', preload, file]);
      expect(exit, output).toBe(0);
      expect(output).toMatch(PROMISED[name] ?? expect.unreachable(`PROMISED needs the output of ${name}`));
    });
  }

  it('is listed with its output', () => {
    expect(Object.keys(PROMISED).sort()).toEqual(programs.map(({ name }) => name).sort());
  });
});

describe('every default in an options table', () => {
  const tables: [file: string, defaults: object][] = [
    ['packages/core/README.md', { ...BREAKER_DEFAULTS, recovery: RECOVERY_DEFAULTS, throttle: THROTTLE_DEFAULTS }],
    ['docs/trips.md', { adaptive: ADAPTIVE_DEFAULTS }],
    [
      'packages/http/README.md',
      { ...HTTP_DEFAULTS, retry: { ...RETRY_DEFAULTS, backoff: BACKOFF_DEFAULTS, budget: BUDGET_DEFAULTS } },
    ],
    ['packages/http/README.md', BULKHEAD_STRATEGY_DEFAULTS],
    ['packages/http/README.md', HEDGE_DEFAULTS],
    ['packages/prometheus/README.md', COLLECT_DEFAULTS],
    ['packages/stale/README.md', STALE_DEFAULTS],
  ];
  for (const [file, defaults] of tables) {
    it(`of ${file} is correct, and none is missing: ${Object.keys(defaults)}`, () => {
      for (const [path, value] of leaves(defaults)) {
        const [, written] = new RegExp(`^\\| \`${path}\` +\\| \`([^|\`]+)\` +\\|`, 'm').exec(text(file)) ?? [];
        expect(written?.replaceAll('_', '').replaceAll("'", '"'), path).toBe(print(value));
      }
    });
  }
});

describe('every document', () => {
  const all = [...documents, ...globSync('docs/**/*.md', { cwd: root })];
  it.each([...new Set(all)])('%s names only files that exist', file => {
    const links = [...text(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link = '']) =>
      join(file, '..', link),
    );
    const named = [...text(file).matchAll(/`((?:packages|test|docs|examples)\/[\w./-]+\.\w+)`/g)].map(
      ([, path = '']) => path,
    );
    expect([...links, ...named].filter(path => !existsSync(join(root, path)))).toEqual([]);
  });

  it.each([...new Set(all)])('%s has no line of more than 120 characters outside code and tables', file => {
    const prose = text(file).replace(/^```.*?^```/gms, '');
    expect(prose.split('\n').filter(line => line.length > 120 && !line.startsWith('|'))).toEqual([]);
  });
});

describe('every README of a package', () => {
  for (const file of packages) {
    it(`${file} has the same headings and at most 150 lines`, () => {
      const headings = [...text(file).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      const does = headings.find(heading => heading?.startsWith('What it does'));
      expect(headings).toEqual(['Install', 'Example', does, 'Options', 'Errors', 'Limits']);
      expect(text(file).split('\n').length).toBeLessThanOrEqual(150);
    });
  }
});

/** Every value of nested options with its path. A list is one value. */
function leaves(options: object, path = ''): [string, unknown][] {
  return Object.entries(options).flatMap(([key, value]) => {
    const own = path ? `${path}.${key}` : key;
    return typeof value === 'object' && !Array.isArray(value)
      ? leaves(value, own)
      : [[own, value] as [string, unknown]];
  });
}

function print(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
