/** The columns of the table: text, width, and which to drop first without room. */

import type { BreakerState } from '@cutout/core';
import type { HostRow } from '../snapshot.ts';
import type { SortBy } from '../view.ts';
import {
  formatCount,
  formatCountdown,
  formatDuration,
  formatLatency,
  formatPercent,
  formatRate,
  formatSpark,
} from './format.ts';
import type { Colour } from './paint.ts';
import { cut, widthOf } from './text.ts';

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
  readonly text: (row: HostRow, now: number) => string;
  readonly colour?: (row: HostRow) => Colour | undefined;
}

const SHAPES: Readonly<Record<BreakerState, string>> = { closed: '●', open: '▲', 'half-open': '◐', isolated: '⏸' };
const COLOURS: Readonly<Record<BreakerState, Colour>> = {
  closed: 'green',
  open: 'red',
  'half-open': 'yellow',
  isolated: 'magenta',
};

/** Shape, word and colour each show the state by themselves. */
const state = (rows: readonly HostRow[]): Column => ({
  title: 'state',
  // `◐ half-open`, or `△ open, shadow`.
  width: rows.some(({ shadow }) => shadow) ? 19 : 11,
  text: row => (row.shadow ? `△ ${row.state}, shadow` : `${shapeOf(row.state)} ${row.state}`),
  colour: row => colourOf(row.state),
});

export function shapeOf(name: BreakerState): string {
  return SHAPES[name] ?? '?';
}

export function colourOf(name: BreakerState): Colour | undefined {
  return COLOURS[name];
}

const host = (rows: readonly HostRow[], room: number): Column => ({
  title: 'host',
  width: Math.max(widestName(rows, room), Math.min(room, MIN_HOST)),
  text: nameOf,
});

/** The width of the longest name, at most `room`. */
export function widestName(rows: readonly Named[], room: number): number {
  return Math.max(0, ...rows.map(row => widthOf(cut(nameOf(row), room))));
}

interface Named {
  readonly key: string;
  readonly policy?: string;
}

/** The key and its policy. Leaves out `https://`, which nearly all keys begin with. */
export function nameOf({ key, policy }: Named): string {
  const name = key.startsWith('https://') ? key.slice(8) : key;
  return policy === undefined ? name : `${name} (${policy})`;
}

const since: Column = {
  title: 'for',
  width: 6,
  align: 'right',
  text: (row, now) => (row.since === null ? '-' : formatDuration(now - row.since)),
};

const probe: Column = {
  title: 'probe',
  width: 6,
  align: 'right',
  text: (row, now) => (row.probeAt === null ? '' : formatCountdown(row.probeAt - now)),
};

const success: Column = {
  title: 'ok %',
  width: 4,
  align: 'right',
  text: row => formatPercent(row.success),
  colour: ({ success: percent }) => (percent === null || percent >= 99 ? undefined : percent < 90 ? 'red' : 'yellow'),
};

const spark = (steps: number): Column => ({
  title: steps === 24 ? 'ok, 2 minutes' : 'ok, 1 minute',
  width: steps,
  text: row => formatSpark(row.spark, steps),
  colour: success.colour as NonNullable<Column['colour']>,
});

const calls: Column = { title: 'calls/s', width: 7, align: 'right', text: row => formatRate(row.calls) };

const refused: Column = {
  title: 'refused/s',
  width: 9,
  align: 'right',
  text: row => formatRate(row.refused),
  colour: row => (row.refused > 0 ? 'red' : undefined),
};

const p50: Column = { title: 'p50', width: 5, align: 'right', text: row => formatLatency(row.p50) };
const p95: Column = { title: 'p95', width: 5, align: 'right', text: row => formatLatency(row.p95) };

const retries: Column = {
  title: 'retry/call',
  width: 10,
  align: 'right',
  text: row => (row.retries === 0 ? '0' : row.retries.toFixed(2)),
};

const budget: Column = {
  title: 'budget',
  width: 6,
  align: 'right',
  text: row => (row.budget === null ? '-' : formatCount(Math.floor(row.budget))),
  colour: row => (row.budget !== null && row.budget < 1 ? 'red' : undefined),
};

const inFlight: Column = {
  title: 'in flight',
  width: 9,
  align: 'right',
  text: row => `${row.inFlight}${row.limit === null ? '' : `/${row.limit}`}${row.queued > 0 ? `+${row.queued}` : ''}`,
  colour: row => (row.limit !== null && row.inFlight >= row.limit ? 'yellow' : undefined),
};

const failure: Column = {
  title: 'last failure, age',
  width: 22,
  text: ({ lastFailure: last }, now) => (last ? `${last.status ?? last.kind} ${formatDuration(now - last.at)}` : ''),
};

/** The most important first: later ones are dropped first. */
const BY_IMPORTANCE = [success, calls, refused, since, probe, p95, failure, p50, inFlight, retries, budget];
const IN_ORDER = [since, probe, 'host', success, 'spark', calls, refused, p50, p95, retries, budget, inFlight, failure];

/** The column of each order. It precedes all others. */
const SORTED_BY: Readonly<Partial<Record<SortBy, Column>>> = {
  success,
  calls,
  refused,
  latency: p95,
  retries,
  inflight: inFlight,
  failure,
};

const MIN_HOST = 16;
/** The maximum width of the host until all other columns fit. */
const ENOUGH_FOR_HOST = 40;

/** The columns that fit, from left to right, separated by one space. */
export function chooseColumns(rows: readonly HostRow[], sort: SortBy, columns: number): Column[] {
  const first = state(rows);
  const wanted = host(rows, Math.min(ENOUGH_FOR_HOST, Math.max(MIN_HOST, Math.floor(columns / 4) - 2)));
  let room = columns - first.width - 1 - wanted.width;
  const take = (width: number): boolean => {
    if (width + 1 > room) return false;
    room -= width + 1;
    return true;
  };
  const sorted = SORTED_BY[sort] ?? success;
  const wishes = [sorted, ...BY_IMPORTANCE.filter(column => column !== sorted)];
  // The five most important columns, then the spark, then the rest.
  const taken = new Set<Column>(wishes.slice(0, 5).filter(({ width }) => take(width)));
  const hasSpark = take(12);
  for (const column of wishes.slice(5)) if (take(column.width)) taken.add(column);
  const sparkColumn = hasSpark ? spark(take(11) ? 24 : 12) : undefined;
  return [first, ...placed(taken, host(rows, wanted.width + room), sparkColumn)];
}

function placed(taken: ReadonlySet<Column>, hostColumn: Column, sparkColumn: Column | undefined): Column[] {
  return IN_ORDER.flatMap(place => {
    if (place === 'host') return [hostColumn];
    if (place === 'spark') return sparkColumn ? [sparkColumn] : [];
    return typeof place === 'object' && taken.has(place) ? [place] : [];
  });
}
