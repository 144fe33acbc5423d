/** The measured tail as Markdown, and what must hold of it. */

import { cpus } from 'node:os';
import { bold, spreadOf, table, whole } from '../micro/table.ts';
import { SLOW_MS, SLOW_SHARE, USUAL_MS } from './delays.ts';
import type { Effort, Measured } from './measure.ts';
import { FIXED_MS } from './subjects.ts';
import { GROUP, summaryOf, tailRatio } from './summary.ts';

/** A hedge leaves at the 95th percentile, and is itself answered within another one 19 times out of 20. */
const MOST_P95S = 2;
/** What is above the 95th percentile is a twentieth of the calls. */
const MOST_EXTRA_PERCENT = 5;

export interface Kept {
  readonly promise: string;
  readonly holds: boolean;
  readonly seen: string;
}

export function tableOf(all: readonly Measured[]): string {
  const head = ['', 'median', 'p95', 'p99', 'p99.9', 'extra requests, %', 'p99 / p95 without', 'connections'];
  return table(
    head,
    all.map(each => {
      const { name, p50, p95, p99, p999, extraPercent, connections } = summaryOf(each);
      const without = withoutHedging(each, all);
      const ratio = without ? spreadOf(tailRatio(each, without)) : '';
      const times = [p50, p95, p99, p999].map(ms => ms.toFixed(1));
      return [bold(name), ...times, extraPercent.toFixed(2), ratio, whole(connections)];
    }),
  );
}

export function promises(all: readonly Measured[]): readonly Kept[] {
  return all.filter(({ subject }) => subject.byPercentile).flatMap(each => promisesOf(each, all));
}

function promisesOf(each: Measured, all: readonly Measured[]): readonly Kept[] {
  const { name, extraPercent } = summaryOf(each);
  const ratio = tailRatio(each, withoutHedging(each, all) as Measured);
  return [
    {
      promise: `${name}: its p99 is at most ${MOST_P95S} times the p95 without hedging`,
      holds: ratio.middle <= MOST_P95S,
      seen: `${spreadOf(ratio)} times`,
    },
    {
      promise: `${name}: less than ${MOST_EXTRA_PERCENT} % extra requests`,
      holds: extraPercent < MOST_EXTRA_PERCENT,
      seen: `${extraPercent.toFixed(2)} %`,
    },
  ];
}

function withoutHedging({ subject }: Measured, all: readonly Measured[]): Measured | undefined {
  return all.find(({ subject: { name } }) => name === subject.hedgesLike);
}

export function introOf({ rounds, load }: Effort): string {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.versions.node}`;
  const perRound = whole(load.calls);
  return `# The tail, and what hedging does to it

A server in a process of its own answers a GET after ${USUAL_MS.least} ms and some more, ${USUAL_MS.meanAbove} ms on average; ${100 * SLOW_SHARE} % of the answers take ${SLOW_MS.least} to ${SLOW_MS.most} ms. That is drawn
anew for each request, whatever it asks for, by a generator of the same seed for each row: what is slow once is not slow when asked again.
${load.perSecond} calls a second are sent whether or not those before have been answered, and timed from when they were due until the body has been read. The
rows take turns, ${perRound} calls each, in ${rounds} rounds after one to warm up. Written by \`npm run tail\` (${machine}).

Times are in milliseconds, of all rounds together. "Extra requests" are those that the server saw beyond one for each call. The ratio is a hedged
row's p99 to the p95 of the same client without hedging, of ${GROUP} rounds at a time: the middle of them, with the least and the greatest. "By hand" is
a second \`fetch\` after ${FIXED_MS} ms and an \`AbortController\` for each: it fits this server as long as somebody knows it, knows no budget and no circuit,
and goes on when the host is slow throughout. Over HTTP/1.1 a request that is cancelled costs its connection, which the last column shows.

None of the others in the [drill](drill.md) hedges: not cockatiel, opossum, p-retry and axios-retry, nor got, ky, axios and undici themselves.`;
}
