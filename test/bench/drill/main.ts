/**
 * The outage drill: the same calls, at a steady rate and in bursts, through every contender while a server fails in many ways.
 * `npm run drill` prints the tables and writes docs/drill.md and docs/drill.svg. `npm run drill -- cutout` runs only contenders
 * whose name contains the word, and writes nothing. It fails if a promise of the suite does not hold.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { wrapped } from '../wrapped.ts';
import { CONTENDERS } from './contenders.ts';
import { drive, type Run } from './drive.ts';
import { measure } from './measure.ts';
import { plot } from './plot.ts';
import { promises, tables } from './report.ts';

const docs = join(import.meta.dirname, '../../../docs');
/** Few enough not to delay each other; the measured waits are mostly timers. */
const AT_A_TIME = 3;

// A contender's unhandled rejection must not end the drill.
process.on('unhandledRejection', () => undefined);

const wanted = process.argv[2] ?? '';
const contenders = CONTENDERS.filter(({ name }) => name.includes(wanted));
const runs: Run[] = [];
for (let i = 0; i < contenders.length; i += AT_A_TIME) {
  const group = contenders.slice(i, i + AT_A_TIME);
  console.error(`running ${group.map(({ name }) => name).join(', ')}`);
  runs.push(...(await Promise.all(group.map(drive))));
}

const results = runs.map(measure);
const kept = promises(results);
const list = kept
  .map(({ promise, holds, seen }) => `- ${holds ? 'holds' : 'DOES NOT HOLD'}: ${promise} (${seen})`)
  .join('\n');
const text = `${tables(results)}\n\n## What must hold of ours\n\n${list}\n`;
console.log(text);
if (!wanted) write(text);
process.exit(kept.every(({ holds }) => holds) ? 0 : 1);

function write(body: string): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
  const intro = `# The outage drill

How clients, retry libraries and breakers behave in an outage, measured with the same calls through each of them.

Each phase begins with 40 calls at once, and continues with 20 per second. Of ten calls seven are GETs, two POSTs and one a PUT with a
streamed body. Of seven GETs six go to twenty paths in turn, and one to a unique path; POSTs and PUTs go to six of the twenty. Each answer
contains its method and path. An attempt may take one second, and an open circuit stays open for two. Between the failing phases the server
is healthy for four seconds. "+ stale" means \`stale: staleIfError()\`. Written by \`npm run drill\` (${machine}).

A path "had been seen before" if the same contender had read a good answer to a GET of it completely, and no write to it had arrived since: a
write makes the answer obsolete. Here even a failed write does, which keeps the count strict: some of "the others" are answered as well. A
truncated answer has good headers. fetch and undici pass it to their callers before its body breaks; axios and got read it first.

![Requests per second that reached the server](drill.svg)
`;
  writeFileSync(join(docs, 'drill.md'), wrapped(`${intro}\n${body}`));
  writeFileSync(join(docs, 'drill.svg'), plot(runs));
}
