/**
 * What a hanging host does to another one that shares its sockets, with and without a bulkhead, with every adapter.
 * `npm run isolation` prints the table and writes docs/isolation.md. It fails if a promise does not hold.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { answer, hang, ScriptedServer } from '@cutout/testing';
import { wrapped } from '../wrapped.ts';
import { ADAPTERS, SOCKETS } from './adapters.ts';
import { GOOD_CALLERS, HANGING_CALLERS, PHASE_MS, PHASES, PLACES, play } from './phase.ts';
import { promises, type Rounds, rowOf, table } from './report.ts';

const ROUNDS = 7;
const GOOD_MS = 3;

await using good = await ScriptedServer.start(answer(200, { body: 'x'.repeat(1_000), delayMs: GOOD_MS }));
await using hanging = await ScriptedServer.start(hang);

const measured = new Map(Object.keys(ADAPTERS).map(adapter => [adapter, PHASES.map((): number[][] => [])]));
// The first round is the warm-up. Phases alternate within a round, so other load affects all of them.
for (let round = 0; round <= ROUNDS; round++) {
  for (const [adapter, make] of Object.entries(ADAPTERS)) {
    for (const [index, phase] of PHASES.entries()) {
      const waits = await play(phase, make, { good, hanging });
      if (round > 0) measured.get(adapter)?.[index]?.push(waits);
    }
  }
  console.error(`round ${round} of ${ROUNDS}`);
}

const rows = [...measured].map(([adapter, rounds]) => rowOf(adapter, rounds as Rounds));
const kept = promises(rows);
const list = kept.map(({ promise, holds, seen }) => `- ${holds ? 'holds' : 'DOES NOT HOLD'}: ${promise} (${seen})`);
const text = `${table(rows)}\n\n## What must hold\n\n${list.join('\n')}\n`;
console.log(text);
write(text);
process.exitCode = kept.every(({ holds }) => holds) ? 0 : 1;

function write(body: string): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
  const intro = `# One host hangs, another shares its sockets

How long callers of a good host wait while another host hangs, with and without a bulkhead.

The good host answers after ${GOOD_MS} ms; ${GOOD_CALLERS} callers call it, one call after another. Another host never answers; ${HANGING_CALLERS} callers call it with a time
limit of 500 ms. Both share ${SOCKETS} sockets without keep-alive: a Node agent with \`maxTotalSockets\` for axios and got, an undici agent with as many
connections for undici and fetch. The bulkhead has ${PLACES} permits per host and no queue. No circuit opens. ${ROUNDS} rounds of ${PHASE_MS} ms for each of the
three cases, in turn. Written by \`npm run isolation\` (${machine}).

A cell has the median and the 99th percentile of the wait in ms, and in brackets that percentile divided by the one alone. The noise comes from
the rounds alone: the largest 99th percentile of a round divided by their median.
`;
  writeFileSync(join(import.meta.dirname, '../../../docs/isolation.md'), wrapped(`${intro}\n${body}`));
}
