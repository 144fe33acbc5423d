/**
 * What hedging does to the slowest calls: the same calls through the same clients, with and without it, to a server with one
 * slow answer in fifty. `npm run tail` prints the table and writes docs/tail.md. `npm run tail -- --quick` measures briefly and
 * writes nothing. It fails if a promise does not hold.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wrapped } from '../wrapped.ts';
import { type Effort, measure } from './measure.ts';
import { introOf, promises, tableOf } from './report.ts';
import { SUBJECTS } from './subjects.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean' } } });
const effort: Effort = { rounds: values.quick ? 4 : 20, load: { perSecond: 200, calls: 400 } };

const measured = await measure(SUBJECTS, effort);
const kept = promises(measured);
const list = kept
  .map(({ promise, holds, seen }) => `- ${holds ? 'holds' : 'DOES NOT HOLD'}: ${promise} (${seen})`)
  .join('\n');
const text = wrapped(`${introOf(effort)}\n\n${tableOf(measured)}\n\n## What must hold of ours\n\n${list}\n`);
console.log(text);
if (!values.quick) writeFileSync(join(import.meta.dirname, '../../../docs/tail.md'), text);
process.exit(kept.every(({ holds }) => holds) ? 0 : 1);
