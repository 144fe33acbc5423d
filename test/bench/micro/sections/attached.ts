/** H: what attachments cost an adapter. */

import { ATTACHMENTS, type AttachmentName } from '../attachments/all.ts';
import { READ_EVERY_MS } from '../attachments/attachment.ts';
import { holdChild, inChild } from '../child.ts';
import type { ClientName } from '../clients/all.ts';
import type { Pair, Slice } from '../jobs/slices.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { confidence, median } from '../statistics.ts';
import { spreadOf, table, times, whole } from '../table.ts';

interface Row {
  readonly client: ClientName;
  readonly attachment: AttachmentName;
  readonly pairs: readonly Pair[];
}

const ADAPTERS: readonly ClientName[] = ['fetch', 'axios', 'got', 'undici.request'];
/** Attachments that only read counters, at no cost to calls. */
const READERS: readonly AttachmentName[] = ['OpenTelemetry metrics', 'Prometheus'];
const LEAST = 0.97;
const CONCURRENCY = 32;
/** Long enough for a reading in each slice. */
const SLICE_MS = 250;

export const attachedSection: Section = async ({ pairs }) => {
  const { output, stop } = await holdChild('server', {});
  const rows: Row[] = [];
  for (const attachment of Object.keys(ATTACHMENTS) as AttachmentName[]) {
    for (const client of ADAPTERS) {
      const input = { client, attachment, url: output.url, pairs, sliceMs: SLICE_MS, concurrency: CONCURRENCY };
      rows.push({ client, attachment, pairs: await inChild('attached', input) });
    }
  }
  stop();
  return { title: 'H. What is attached', text: textOf(rows, pairs), kept: rows.flatMap(promisesOf) };
};

function textOf(rows: readonly Row[], pairs: number): string {
  const head = [
    '',
    'adapter',
    'requests/s',
    'with it',
    'ratio of each pair',
    'CPU us',
    'with it',
    'ratio of each pair',
  ];
  const lines = rows.map(({ attachment, client, pairs: seen }) => {
    const middle = (side: keyof Pair, what: keyof Slice): number => median(seen.map(pair => pair[side][what]));
    return [
      attachment,
      client,
      whole(middle('bare', 'perSecond')),
      whole(middle('laden', 'perSecond')),
      spreadOf(confidence(seen.map(pair => ratioOf(pair, 'perSecond')))),
      middle('bare', 'cpuUs').toFixed(1),
      middle('laden', 'cpuUs').toFixed(1),
      spreadOf(confidence(seen.map(pair => ratioOf(pair, 'cpuUs')))),
    ];
  });
  return `Measured like G, but each adapter against itself: with nothing attached, and with the attachment of the row, attached again for each slice.
${pairs} pairs of ${SLICE_MS} ms. The ratios are the median of the pairs, with its 95 % confidence interval. OpenTelemetry's SDK exports to memory,
and prom-client is scraped, every ${READ_EVERY_MS} ms, once per slice: far more often than in production. Traces are a span per attempt, all sampled
and passed in batches to an exporter that discards them. Their cost is shown, and nothing is promised of it. The channels have no subscribers.

${table(head, lines)}`;
}

const ratioOf = ({ bare, laden }: Pair, what: keyof Slice): number => laden[what] / bare[what];

function promisesOf({ attachment, client, pairs }: Row): Kept[] {
  if (!READERS.includes(attachment)) return [];
  const ratio = median(pairs.map(pair => ratioOf(pair, 'perSecond')));
  const promise = `${client} with ${attachment}: keeps at least ${times(LEAST)} of the throughput`;
  return [timed(promise, ratio >= LEAST, times(ratio))];
}
