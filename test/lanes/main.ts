/**
 * The adapters on every supported Node, and with every supported version of their clients: `npm run lanes`, or only lanes
 * whose name contains a word: `npm run lanes -- axios`. Each lane runs the conformance table and the adapter's own tests.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Lane {
  readonly node: string;
  /** The packages imported instead of each client, by the names in package.json. */
  readonly clients: Readonly<Record<string, string>>;
  readonly tests: readonly string[];
}

const root = join(import.meta.dirname, '../..');
const NODES = ['22.23.3', '24.21.0', '26.10.0'];
const TABLE = ['test/conformance/'];
const UNDICI = [...TABLE, 'packages/undici/', 'test/preload.test.ts'];

const lanes: readonly Lane[] = [
  ...NODES.flatMap(node => [
    { node, clients: { undici: 'undici' }, tests: UNDICI },
    { node, clients: { undici: 'undici-7' }, tests: UNDICI },
  ]),
  ...NODES.map(node => ({ node, clients: { got: 'got' }, tests: [...TABLE, 'packages/got/'] })),
  // got 15 does not recognise a refused connection on Node 24.20 and newer: got#2469, fixed in 16.
  { node: '22.23.3', clients: { got: 'got-15' }, tests: [...TABLE, 'packages/got/'] },
  { node: '26.10.0', clients: { axios: 'axios' }, tests: [...TABLE, 'packages/axios/'] },
  { node: '26.10.0', clients: { axios: 'axios-1.7' }, tests: [...TABLE, 'packages/axios/'] },
];

const wanted = process.argv[2] ?? '';
const results = lanes.filter(lane => nameOf(lane).includes(wanted)).map(run);
for (const { name, passed, failed, seconds } of results) {
  console.log(
    `${failed === 0 && passed > 0 ? 'ok    ' : 'FAILED'}  ${name}: ${passed} passed, ${failed} failed, ${seconds} s`,
  );
}
process.exitCode = results.length > 0 && results.every(({ passed, failed }) => passed > 0 && failed === 0) ? 0 : 1;

function nameOf({ node, clients }: Lane): string {
  const versions = Object.entries(clients).map(([client, installed]) => `${client} ${versionOf(installed)}`);
  return `${versions.join(', ')} on Node ${node}`;
}

function run(lane: Lane): { name: string; passed: number; failed: number; seconds: number } {
  const name = nameOf(lane);
  const report = join(root, `.reports/lane-${name.replaceAll(/[^a-z0-9.]+/gi, '-')}.json`);
  const startedAt = performance.now();
  const { stdout, stderr, status } = spawnSync(
    nodeBinary(lane.node),
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...lane.tests],
    { cwd: root, encoding: 'utf8', env: { ...process.env, REPORT: report, LANE: JSON.stringify(substitutes(lane)) } },
  );
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  if (status !== 0) console.log(`--- ${name}\n${stdout.slice(-20_000)}${stderr.slice(-5_000)}`);
  return { name, seconds, ...countsOf(report, status) };
}

function countsOf(report: string, status: number | null): { passed: number; failed: number } {
  try {
    const { numPassedTests: passed, numTotalTests: total } = JSON.parse(readFileSync(report, 'utf8'));
    return { passed, failed: Math.max(total - passed, status === 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function substitutes({ clients }: Lane): Record<string, string> {
  return Object.fromEntries(Object.entries(clients).filter(([client, installed]) => client !== installed));
}

function versionOf(installed: string): string {
  return JSON.parse(readFileSync(join(root, 'node_modules', installed, 'package.json'), 'utf8')).version;
}

/** Node itself is installed from npm, as the package `node`. */
function nodeBinary(version: string): string {
  const args = ['exec', '--yes', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath'];
  return execFileSync('npm', args, { encoding: 'utf8', cwd: '/' }).trim();
}
