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

const COMMANDS = `| command | shows |
| --- | --- |
| \`npm run bench\` | all sections, A to I; writes this page. \`-- --only F,G\` runs some, \`-- --quick\` takes a short look, and neither writes |
| \`npm run budgets\` | what does not depend on the clock: function calls, files, clock reads, promises, bytes, bundle sizes, import cycles, function lengths, beside their budgets; \`.reports/budgets.json\` has the records. \`-- --list fetch\` lists the functions of one call, \`-- --long 20\` the longest functions. \`-- --ceilings lower\` lowers the ceilings of the tests to the present counts |
| \`npm run profile -- axios\` | which functions make up the difference in processor time between a client and the client behind its adapter |

The counts of \`npm run budgets\` are held by \`npm test\` under the ceilings of \`test/budgets/ceilings.ts\`. A function call is an entry: V8 counts the return to an async
function after an \`await\` as one more.`;

export function intro(): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.versions.node}`;
  const versions = LIBRARIES.map(name => `${name} ${versionOf(name)}`).join(', ');
  const day = new Date().toISOString().slice(0, 10);
  return `# Benchmarks

What the published breakers cost, compared with other breakers and with none. Absolute numbers depend on the machine; ratios less.

${COMMANDS}

Written by \`npm run bench\` on ${day} (${machine}; ${versions}).`;
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
