/** The text before and after the tables. */

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

What the published breakers cost, compared with other breakers and with none. Absolute numbers depend on the machine; ratios less.
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
