/**
 * How soon the live page shows a transition, whether it stays responsive with many circuits and events, and what a viewer
 * costs the application. `npm run page` prints the results and writes docs/page.md. It fails if a promise does not hold.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findBrowser } from '../../dashboard/browser.ts';
import { wrapped } from '../wrapped.ts';
import type { Load, Order, Report } from './app.ts';
import { WatchedPage } from './watched-page.ts';

const CASES = [
  { circuits: 100, callsPerS: 1_000 },
  { circuits: 5_000, callsPerS: 10_000 },
] as const;
const TRANSITIONS = 20;
const PRESSES = 40;
/** Rounds without and with a viewer alternate, so other load affects both. */
const ROUNDS = 5;
const ROUND_MS = 4_000;

interface Measured {
  readonly circuits: number;
  readonly callsPerS: number;
  readonly transitions: readonly number[];
  readonly presses: readonly number[];
  readonly longTasks: readonly number[];
  readonly alone: readonly Load[];
  readonly watched: readonly Load[];
}

const found = await findBrowser();
if ('missing' in found) throw new Error(found.missing);
const { browser } = found;
const measured: Measured[] = [];
for (const { circuits, callsPerS } of CASES) measured.push(await measure(circuits, callsPerS));
await browser.close();

const promises = measured.flatMap(promisesOf);
const list = promises.map(({ promise, holds, seen }) => `- ${holds ? 'holds' : 'DOES NOT HOLD'}: ${promise} (${seen})`);
const text = `${table(measured)}\n\n## What must hold\n\n${list.join('\n')}\n`;
console.log(text);
write(text);
process.exit(promises.every(({ holds }) => holds) ? 0 : 1);

async function measure(circuits: number, callsPerS: number): Promise<Measured> {
  const app = fork(join(import.meta.dirname, 'app.ts'), [String(circuits), String(callsPerS)]);
  const [{ port }] = (await once(app, 'message')) as [Report];
  await setTimeout(2_000);
  const url = `http://127.0.0.1:${port}/`;
  const [alone, watched]: [Load[], Load[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await loadOf(app));
    const reader = new AbortController();
    const { body } = await fetch(`${url}?format=stream`, { signal: reader.signal });
    body?.pipeTo(new WritableStream()).catch(() => undefined);
    watched.push(await loadOf(app));
    reader.abort();
  }
  const context = await browser.newContext();
  const page = await WatchedPage.open(await context.newPage(), url);
  const transitions = await toggle(app, page, circuits);
  const presses = await page.type(PRESSES);
  const longTasks = await page.longTasks();
  await context.close();
  app.disconnect();
  return { circuits, callsPerS, transitions, presses, longTasks, alone, watched };
}

async function loadOf(app: ChildProcess): Promise<Load> {
  await ask(app, { reset: true });
  await setTimeout(ROUND_MS);
  const { load } = await ask(app, { read: true });
  if (!load) throw new Error('the application did not say how it is doing');
  return load;
}

/** At different phases of the update second. An isolated circuit is always among the visible rows. */
async function toggle(app: ChildProcess, page: WatchedPage, circuits: number): Promise<number[]> {
  const waits: number[] = [];
  const key = `https://host-${Math.min(circuits - 1, 77)}.example`;
  for (let n = 0; n < TRANSITIONS; n++) {
    await page.forget(`0 ${key}`, 'isolated');
    await setTimeout((n * 137) % 1_000);
    const { toggledAt } = await ask(app, { toggle: key });
    waits.push((await page.cameTo(`0 ${key}`, 'isolated')) - (toggledAt ?? Number.NaN));
    await ask(app, { toggle: key });
  }
  return waits;
}

async function ask(app: ChildProcess, order: Order): Promise<Report> {
  const answered = once(app, 'message');
  app.send(order);
  return (await answered)[0] as Report;
}

interface Promised {
  readonly promise: string;
  readonly holds: boolean;
  readonly seen: string;
}

function promisesOf({ circuits, callsPerS, transitions, presses }: Measured): Promised[] {
  const [slowest, slowestPress] = [Math.max(...transitions), quantile(presses, 0.95)];
  const where = `with ${circuits} circuits and ${callsPerS} calls a second`;
  return [
    {
      promise: `${where} a transition is shown within 1,000 ms`,
      holds: slowest <= 1_000,
      seen: `${slowest} ms at most`,
    },
    {
      promise: `${where} 95 of 100 key presses are painted within 100 ms`,
      holds: slowestPress <= 100,
      seen: `${Math.round(slowestPress)} ms`,
    },
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Medians of the rounds. */
function both({ alone, watched }: Measured, of: (load: Load) => number, unit: string): string {
  return [alone, watched].map(loads => `${quantile(loads.map(of), 0.5).toFixed(1)}${unit}`).join(' / ');
}

function table(all: readonly Measured[]): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const rows = all.map(each => [
    `${each.circuits} / ${each.callsPerS}`,
    `${ms(quantile(each.transitions, 0.5))} / ${ms(Math.max(...each.transitions))}`,
    `${ms(quantile(each.presses, 0.5))} / ${ms(quantile(each.presses, 0.95))}`,
    `${each.longTasks.length} / ${ms(Math.max(0, ...each.longTasks))}`,
    both(each, ({ cpu }) => cpu * 100, ' %'),
    both(each, ({ delayP99Ms }) => delayP99Ms, ' ms'),
  ]);
  const heads = [
    'circuits / calls a second',
    'transition to page: median / slowest',
    'key press to paint: median / p95',
    'tasks over 50 ms: number / longest',
    'the application, of one core: alone / viewed',
    'its event loop, p99 delay: alone / viewed',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function write(body: string): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}, Chromium`;
  const intro = `# The live page under load

How soon the live page shows a transition, whether it stays responsive with many circuits, and what a viewer costs the application.

The application has the circuits and calls of the row; one circuit in 50 fails for ten seconds out of twenty. Chromium on the same machine shows
the page. ${TRANSITIONS} transitions are timed from the transition to the change of the row, and ${PRESSES} key presses in the filter to the paint. The cost of a viewer
is measured first, with a plain reader of the stream: medians of ${ROUNDS} rounds of ${ROUND_MS / 1_000} s, alternating without and with it. Written by
\`npm run page\` (${machine}).
`;
  writeFileSync(join(import.meta.dirname, '../../../docs/page.md'), wrapped(`${intro}\n${body}`));
}
