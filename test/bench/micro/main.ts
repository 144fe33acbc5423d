/**
 * What breakers cost: time, memory and throughput, compared with other breakers and with none. `npm run bench` prints every
 * table and writes docs/benchmarks.md. `npm run bench -- --only A,C` runs some sections and `--quick` measures briefly; neither
 * writes anything. It fails if a promise that does not depend on time does not hold.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wrapped } from '../wrapped.ts';
import { parseOptions } from './options.ts';
import { intro, listOf } from './report.ts';
import type { Chapter } from './section.ts';
import { SECTIONS } from './sections/all.ts';

const { only, effort, publish } = parseOptions(process.argv.slice(2));
const chapters: Chapter[] = [];
for (const letter of only) {
  console.error(`measuring ${letter}`);
  const from = performance.now();
  const chapter = await SECTIONS[letter](effort);
  console.error(`measured ${letter} in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
  chapters.push(chapter);
}

const kept = chapters.flatMap(chapter => chapter.kept);
const body = chapters.map(({ title, text }) => `## ${title}\n\n${text}`).join('\n\n');
const text = wrapped(`${intro()}\n\n${body}\n\n## What must hold\n\n${listOf(kept)}\n`);
console.log(text);
if (publish) writeFileSync(join(import.meta.dirname, '../../../docs/benchmarks.md'), text);
process.exit(kept.every(({ holds, hard }) => holds || !hard) ? 0 : 1);
