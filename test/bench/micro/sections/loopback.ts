/** G: what an adapter costs in throughput and in processor time. */

import { holdChild, inChild } from '../child.ts';
import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { LoopbackRound } from '../jobs/loopback.ts';
import type { Slice } from '../jobs/slices.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { confidence, median, quantile } from '../statistics.ts';
import { bold, spreadOf, table, times, whole } from '../table.ts';

interface Row {
  readonly client: ClientName;
  readonly rounds: readonly LoopbackRound[];
}

/** How far below the floor of the same run an adapter may be. */
const BELOW_FLOOR = 0.03;
const CONCURRENCY = 32;

export const loopbackSection: Section = async ({ pairs, sliceMs }) => {
  const { output, stop } = await holdChild('server', {});
  const rows: Row[] = [];
  for (const client of Object.keys(CLIENTS) as ClientName[]) {
    const input = { name: client, url: output.url, rounds: pairs, sliceMs, concurrency: CONCURRENCY };
    rows.push({ client, rounds: await inChild('loopback', input) });
  }
  stop();
  return {
    title: 'G. Adapters on the wire',
    text: textOf(rows, pairs, sliceMs),
    kept: rows.flatMap(promisesOf),
  };
};

function textOf(rows: readonly Row[], rounds: number, sliceMs: number): string {
  const head = ['', '', 'requests/s', 'ratio to bare', 'CPU us', 'added CPU us', 'p99 ms'];
  const lines = rows.flatMap(row => subjectsOf(row).map(subject => lineOf(row, subject)));
  return `GETs of a small JSON body, read and parsed, over ${CONCURRENCY} loopback keep-alive connections, from a server in another process. Each client with its
defaults runs bare, with its adapter's defaults, and with other libraries: ${rounds} rounds of one slice of ${sliceMs} ms each, alternating. Ratios and
differences are to the bare slice of the same round: the median of the rounds, with its 95 % confidence interval. CPU is the client's
processor time per request, user and system together. The floor is the least code that sees how each call ends, where the adapter
intercepts. cockatiel has a breaker and two retries, opossum a breaker without a time limit, axios-retry two retries.

${table(head, lines)}`;
}

const subjectsOf = ({ rounds }: Row): string[] => Object.keys(rounds[0] ?? {}).sort(bareFirst);

const ORDER = ['bare', 'cutout', 'floor'];

function bareFirst(a: string, b: string): number {
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return rank(a) - rank(b) || a.localeCompare(b);
}

function lineOf({ client, rounds }: Row, subject: string): string[] {
  const middle = (what: keyof Slice): number => median(rounds.map(round => sliceOf(round, subject)[what]));
  const isBare = subject === 'bare';
  return [
    isBare ? client : '',
    bold(subject),
    whole(middle('perSecond')),
    isBare ? '1' : spreadOf(confidence(rounds.map(round => throughput(round, subject)))),
    middle('cpuUs').toFixed(1),
    isBare ? '' : spreadOf(confidence(rounds.map(round => addedCpu(round, subject)))),
    middle('p99Ms').toFixed(1),
  ];
}

const sliceOf = (round: LoopbackRound, subject: string): Slice => round[subject] as Slice;

function throughput(round: LoopbackRound, subject: string): number {
  return sliceOf(round, subject).perSecond / sliceOf(round, 'bare').perSecond;
}

function addedCpu(round: LoopbackRound, subject: string): number {
  return sliceOf(round, subject).cpuUs - sliceOf(round, 'bare').cpuUs;
}

function promisesOf({ client, rounds }: Row): Kept[] {
  const ratio = median(rounds.map(round => throughput(round, 'cutout')));
  const floor = median(rounds.map(round => throughput(round, 'floor')));
  const least = floor - BELOW_FLOOR;
  const bareP99 = rounds.map(round => sliceOf(round, 'bare').p99Ms);
  const p99 = median(rounds.map(round => sliceOf(round, 'cutout').p99Ms));
  return [
    timed(
      `${client}: the adapter keeps the floor's throughput, less ${BELOW_FLOOR}`,
      ratio >= least,
      `${times(ratio)}; the floor ${times(floor)}`,
    ),
    timed(
      `${client}: the adapter's p99 is within the bare client's own variation`,
      p99 <= quantile(bareP99, 0.9),
      `${p99.toFixed(2)} ms; bare ${median(bareP99).toFixed(2)}, at the 90th percentile ${quantile(bareP99, 0.9).toFixed(2)}`,
    ),
  ];
}
