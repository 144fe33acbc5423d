/** F: what an adapter costs in throughput. */

import { holdChild, inChild } from '../child.ts';
import type { ClientName } from '../clients/all.ts';
import type { Pair, Slice } from '../jobs/slices.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { deciles, median, quantile } from '../statistics.ts';
import { spreadOf, table, times, whole } from '../table.ts';

interface Row {
  readonly name: ClientName;
  readonly pairs: readonly Pair[];
}

/** The minimum share of the client's throughput with its adapter. */
const LEAST = { fetch: 0.95, axios: 0.95, got: 0.95, 'undici.request': 0.97, 'undici.fetch': 0.95 } as const;
const CONCURRENCY = 32;

export const adaptersSection: Section = async ({ pairs, sliceMs }) => {
  const { output, stop } = await holdChild('server', {});
  const rows: Row[] = [];
  for (const name of Object.keys(LEAST) as ClientName[]) {
    const input = { name, url: output.url, pairs, sliceMs, concurrency: CONCURRENCY };
    rows.push({ name, pairs: await inChild('adapter', input) });
  }
  stop();
  return { title: 'F. Adapters', text: textOf(rows, pairs, sliceMs), kept: rows.flatMap(promisesOf) };
};

function textOf(rows: readonly Row[], pairs: number, sliceMs: number): string {
  const head = [
    '',
    'requests/s bare',
    'adapter',
    'ratio of each pair',
    'CPU us bare',
    'adapter',
    'p99 ms bare',
    'adapter',
  ];
  const lines = rows.map(({ name, pairs: seen }) => {
    const middle = (side: keyof Pair, what: keyof Slice): number => median(seen.map(pair => pair[side][what]));
    return [
      name,
      whole(middle('bare', 'perSecond')),
      whole(middle('laden', 'perSecond')),
      spreadOf(deciles(seen.map(ratioOf))),
      middle('bare', 'cpuUs').toFixed(1),
      middle('laden', 'cpuUs').toFixed(1),
      middle('bare', 'p99Ms').toFixed(1),
      middle('laden', 'p99Ms').toFixed(1),
    ];
  });
  return `Each client with its defaults, bare and with its adapter's defaults: GETs of a small JSON body, read and parsed, over ${CONCURRENCY} loopback
keep-alive connections, from a server in another process. ${pairs} pairs of ${sliceMs} ms in each process, alternating bare and adapter. The
ratio is the median of the pairs, with the 10th and the 90th percentile. CPU is the client's processor time per request.

${table(head, lines)}`;
}

const ratioOf = ({ bare, laden }: Pair): number => laden.perSecond / bare.perSecond;

function promisesOf({ name, pairs }: Row): Kept[] {
  const ratio = median(pairs.map(ratioOf));
  const bareP99 = pairs.map(({ bare }) => bare.p99Ms);
  const adapterP99 = median(pairs.map(({ laden }) => laden.p99Ms));
  return [
    timed(
      `${name}: the adapter keeps at least ${times(LEAST[name])} of the throughput`,
      ratio >= LEAST[name],
      times(ratio),
    ),
    timed(
      `${name}: the adapter's p99 is within the bare client's own variation`,
      adapterP99 <= quantile(bareP99, 0.9),
      `${adapterP99.toFixed(2)} ms; bare ${median(bareP99).toFixed(2)}, at the 90th percentile ${quantile(bareP99, 0.9).toFixed(2)}`,
    ),
  ];
}
