/** The measured tail as Markdown, and its promises. */

import { cpus } from 'node:os';
import { bold, spreadOf, table, whole } from '../micro/table.ts';
import { SLOW_MS, SLOW_SHARE, USUAL_MS } from './delays.ts';
import type { Effort, Measured } from './measure.ts';
import { FIXED_MS } from './subjects.ts';
import { GROUP, summaryOf, tailRatio } from './summary.ts';

/** A hedge is sent at the 95th percentile, and answered within another one 19 times out of 20. */
const MOST_P95S = 2;
/** A twentieth of the calls exceeds the 95th percentile. */
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

How much hedging shortens the slowest calls, and how many extra requests it costs.

A server in a separate process answers a GET after ${USUAL_MS.least} ms plus a random time, ${USUAL_MS.meanAbove} ms on average; ${100 * SLOW_SHARE} % of the answers take ${SLOW_MS.least} to ${SLOW_MS.most} ms. The time is
drawn for each request, with the same seed for each row: a second request is independent of the first. ${load.perSecond} calls per second are sent whether or not earlier
ones are answered, and timed from when they were due until the body is read. The rows take turns, ${perRound} calls each, in ${rounds} rounds after a warm-up round.
Written by \`npm run tail\` (${machine}).

Times are in milliseconds, of all rounds together. "Extra requests" are those beyond one per call that reached the server. The ratio is a hedged row's p99
to the p95 of the same client without hedging, of ${GROUP} rounds at a time: the median, with minimum and maximum. "By hand" is a second \`fetch\` after ${FIXED_MS} ms
with an \`AbortController\` for each. It is tuned to this server, has no budget and no circuit, and continues when the host is always slow. Over HTTP/1.1 a
cancelled request costs its connection, which the last column shows.

No other contender of the [drill](drill.md) hedges: not cockatiel, opossum, p-retry and axios-retry, nor got, ky, axios and undici themselves.`;
}
