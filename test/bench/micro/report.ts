/** What stands before and after the tables. */

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Kept } from './section.ts';

const LIBRARIES = [
  '@cutout/core',
  'cockatiel',
  'opossum',
  'axios',
  'got',
  'undici',
  '@opentelemetry/sdk-metrics',
  'prom-client',
];

export function intro(): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.versions.node}`;
  const versions = LIBRARIES.map(name => `${name} ${versionOf(name)}`).join(', ');
  return `# Benchmarks

What the breakers cost, as published, beside others and beside no breaker at all. Absolute numbers belong to the machine; the ratios travel better.
Written by \`npm run bench\` (${machine}; ${versions}).`;
}

export function listOf(kept: readonly Kept[]): string {
  return kept
    .map(({ promise, holds, seen }) => `- ${holds ? 'holds' : 'DOES NOT HOLD'}: ${promise} (${seen})`)
    .join('\n');
}

function versionOf(name: string): string {
  const manifest = join(import.meta.dirname, '../../../node_modules', name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
