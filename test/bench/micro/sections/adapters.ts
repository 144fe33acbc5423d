/** F: what an adapter adds to a client that answers at once. */

import type { StubbedName } from '../../stubbed/all.ts';
import { inChild } from '../child.ts';
import { ALLOCATING, type Allocated } from '../jobs/allocated.ts';
import { type Kept, type Section, timed } from '../section.ts';
import { ns, table, whole } from '../table.ts';
import { byTurns, type Row as Timing } from './turns.ts';

interface Row {
  readonly client: StubbedName;
  readonly limited: boolean;
  readonly timing: Timing<string>;
  readonly bytes: Allocated;
}

/** The calls of a round, so that a round of any client takes about as long. */
const CALLS: Readonly<Record<StubbedName, number>> = {
  'fetch without body': 10_000,
  'fetch with json()': 2_000,
  axios: 700,
  got: 300,
  'undici.request': 2_000,
};
const CLIENTS = Object.keys(CALLS) as StubbedName[];

/** Nanoseconds and bytes that may be added to a call. */
const MOST: Readonly<Partial<Record<StubbedName, readonly [ns: number, bytes: number]>>> = {
  'fetch without body': [700, 1_800],
  'fetch with json()': [1_500, 2_000],
  axios: [1_500, 2_500],
  'undici.request': [500, 1_000],
};
/** Nanoseconds that a time limit may add to a call of fetch. */
const MOST_FOR_LIMIT = 450;
const ALLOCATIONS = { rounds: 15, calls: 1_000, warmUp: 5_000 } as const;

const nameOf = (client: StubbedName, limited: boolean): string => (limited ? `${client}, time limit` : client);

export const adaptersSection: Section = async ({ processes, rounds }) => {
  const subjects = new Map(
    [false, true].flatMap(limited => CLIENTS.map(client => [nameOf(client, limited), { client, limited }] as const)),
  );
  const subjectOf = (name: string) => subjects.get(name) as { client: StubbedName; limited: boolean };
  const timings = await byTurns([...subjects.keys()], processes, name => {
    const { client, limited } = subjectOf(name);
    return inChild('ownTime', { client, limited, rounds: rounds / 2, calls: CALLS[client] });
  });
  const rows: Row[] = [];
  for (const timing of timings) {
    const subject = subjectOf(timing.name);
    rows.push({ ...subject, timing, bytes: await inChild('allocated', { ...subject, ...ALLOCATIONS }, ALLOCATING) });
  }
  const title = 'F. Adapters over a client that answers at once';
  return { title, text: textOf(rows, processes), kept: promisesOf(rows) };
};

function textOf(rows: readonly Row[], processes: number): string {
  const head = ['', 'bare ns', 'added ns', 'min', 'max', 'bare bytes', 'added bytes'];
  const lines = rows.map(({ timing, bytes }) => [
    timing.name,
    ns(timing.bareNs),
    ns(timing.ownNs.middle),
    ns(timing.ownNs.low),
    ns(timing.ownNs.high),
    whole(bytes.bareBytes),
    whole(bytes.ownBytes),
  ]);
  return `The cost of the adapter's own code: each client over a stub instead of its transport, bare and with its adapter, in short alternating rounds. The
median of ${processes} processes, with minimum and maximum. Bytes are allocated, not held; they are counted in separate processes without
garbage collection. A time limit is set and cleared in each call.

${table(head, lines)}`;
}

function promisesOf(rows: readonly Row[]): Kept[] {
  const find = (client: StubbedName, limited: boolean): Row =>
    rows.find(row => row.client === client && row.limited === limited) as Row;
  const kept = Object.entries(MOST).flatMap(([client, [mostNs, mostBytes]]) => {
    const { timing, bytes } = find(client as StubbedName, false);
    return [
      atMost(`${client}: the adapter adds at most ${whole(mostNs)} ns`, timing.ownNs.middle, mostNs, 'ns'),
      atMost(`${client}: the adapter allocates at most ${whole(mostBytes)} bytes`, bytes.ownBytes, mostBytes, 'bytes'),
    ];
  });
  const added = (limited: boolean): number => find('fetch without body', limited).timing.ownNs.middle;
  const promise = `fetch: a time limit adds at most ${MOST_FOR_LIMIT} ns`;
  return [...kept, atMost(promise, added(true) - added(false), MOST_FOR_LIMIT, 'ns')];
}

function atMost(promise: string, value: number, most: number, unit: string): Kept {
  return timed(promise, value <= most, `${whole(value)} ${unit}`);
}
