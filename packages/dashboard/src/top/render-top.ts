/** A snapshot as lines of text: a head, the circuits, the latest transitions, a foot. */

import type { DashboardSnapshot, TimelineEntry, Totals } from '../snapshot.ts';
import type { View } from '../view.ts';
import { chooseColumns, colourOf, nameOf, shapeOf, widestName } from './columns.ts';
import { formatRate, formatTimeOfDay } from './format.ts';
import { type Colour, createPaint, type Paint } from './paint.ts';
import { cut, fit, printable, widthOf } from './text.ts';

/** The state of the connection to the server. */
export type Connection =
  | { readonly live: true }
  | { readonly live: false; readonly sinceMs: number; readonly why: string };

export interface RenderOptions {
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: number;
  /** The terminal's width; Infinity to cut nothing. */
  readonly columns: number;
  /** The terminal's height; Infinity to show every circuit. */
  readonly rows: number;
  readonly colour: boolean;
  /** Absent for a single snapshot. */
  readonly connection?: Connection;
  readonly view: View;
  /** The filter while it is being edited. */
  readonly draft?: string;
  /** @default the local time of day */
  readonly timeOfDay?: (at: number) => string;
}

/** At most `rows` lines of at most `columns` columns, without control characters from the server. */
export function renderTop(snapshot: DashboardSnapshot, options: RenderOptions): string[] {
  const { rows, colour } = options;
  const paint = createPaint(colour);
  const head = paint(headLine(snapshot, options), 'bold');
  const foot = options.connection === undefined ? [] : [paint(footLine(snapshot, options), 'dim')];
  const timeline = timelineLines(snapshot.events, options, paint);
  const room = Math.max(0, rows - 1 - timeline.length - foot.length);
  const table = tableLines(snapshot, room, options, paint).slice(0, room);
  const empty = Number.isFinite(rows) ? room - table.length : Math.min(1, timeline.length);
  const lines = [head, ...table, ...Array<string>(empty).fill(''), ...timeline, ...foot].slice(0, rows);
  return colour ? lines : lines.map(line => line.trimEnd());
}

function headLine({ totals, title }: DashboardSnapshot, { connection, columns }: RenderOptions): string {
  const states = statesOf(totals);
  const rates = [`${formatRate(totals.calls)} calls/s`, `${formatRate(totals.refused)} refused/s`];
  const connectionParts = connection === undefined ? [] : [connectionText(connection)];
  // Without room for all, drop the rates: the table shows them too.
  const fits = [
    [...rates, ...connectionParts, title],
    [...rates, ...connectionParts],
    [...rates.slice(1), ...connectionParts],
    connectionParts,
  ].map(parts => [states, ...parts].filter(part => part !== '').join(' | '));
  // The age of the data must never be cut off.
  const least = [...connectionParts, states].join(' | ');
  return cut(fits.find(line => widthOf(printable(line)) <= columns) ?? least, columns);
}

function statesOf({ open, halfOpen, isolated, circuits }: Totals): string {
  const counts: [number, string][] = [
    [halfOpen, 'half-open'],
    [isolated, 'isolated'],
  ];
  const others = counts.filter(([count]) => count > 0).map(([count, name]) => `, ${count} ${name}`);
  return `${open} open${others.join('')} of ${circuits} circuit${circuits === 1 ? '' : 's'}`;
}

function connectionText(connection: Connection): string {
  return connection.live ? 'live' : `reconnecting, last data ${Math.floor(connection.sinceMs / 1_000)} s ago`;
}

function tableLines(snapshot: DashboardSnapshot, room: number, options: RenderOptions, paint: Paint): string[] {
  const { columns, now, view } = options;
  const { hosts, matching } = snapshot;
  if (room === 0) return [];
  if (hosts.length === 0) return [cut(view.filter === '' ? 'no circuits yet' : 'no circuit fits the filter', columns)];
  const all = matching <= hosts.length && hosts.length < room;
  const shown = hosts.slice(0, all ? undefined : Math.max(0, room - 2));
  // Computed from all rows, so columns do not move when other rows become visible.
  const chosen = chooseColumns(hosts, view.sort, columns);
  const titles = chosen.map(({ title, width, align }) => fit(title, width, align)).join(' ');
  const rows = shown.map(row =>
    lineOf(
      chosen.map(cell => ({ ...cell, text: cell.text(row, now), colour: cell.colour?.(row) })),
      columns,
      paint,
    ),
  );
  const more = all ? [] : [paint(cut(`and ${Math.max(matching, hosts.length) - shown.length} more`, columns), 'dim')];
  return [paint(fit(titles, Number.isFinite(columns) ? columns : widthOf(titles)), 'inverse'), ...rows, ...more];
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly align?: 'right';
  readonly colour?: Colour | undefined;
}

/** The cells of a row, separated by spaces. */
function lineOf(cells: readonly Cell[], columns: number, paint: Paint): string {
  let left = columns;
  const shown: string[] = [];
  for (const { text, width, align, colour } of cells) {
    if (left < 1) break;
    shown.push(paint(fit(text, Math.min(width, left), align), colour));
    left -= width + 1;
  }
  return shown.join(' ').trimEnd();
}

/** The height of the timeline. Output printed once has no terminal height to divide. */
const TRANSITIONS_IN_PRINT = 10;

/** `12:01:07 api.example  closed -> ▲ open  rate, ECONNREFUSED, by ann`, the latest first. */
function timelineLines(events: readonly TimelineEntry[], options: RenderOptions, paint: Paint): string[] {
  const { rows, columns, timeOfDay = formatTimeOfDay } = options;
  const room = Number.isFinite(rows) ? Math.floor(rows / 4) - 1 : TRANSITIONS_IN_PRINT;
  if (room < 1 || events.length === 0) return [];
  const latest = events.slice(-room).reverse();
  const hostWidth = widestName(latest, Math.max(10, Math.floor(columns / 3)));
  const cells = (entry: TimelineEntry): Cell[] => [
    { text: timeOfDay(entry.at), width: 8 },
    { text: nameOf(entry), width: hostWidth },
    { text: `${entry.from} -> ${shapeOf(entry.to)} ${entry.to}`, width: CHANGE_WIDTH, colour: colourOf(entry.to) },
    { text: whyOf(entry), width: Number.POSITIVE_INFINITY },
  ];
  const title = fit('latest transitions', Number.isFinite(columns) ? columns : 18);
  return [paint(title, 'inverse'), ...latest.map(entry => lineOf(cells(entry), columns, paint))];
}

/** `half-open -> ⏸ isolated`. */
const CHANGE_WIDTH = 23;

function whyOf({ reason, cause, by }: TimelineEntry): string {
  return [reason, cause, by === undefined ? undefined : `by ${by}`].filter(part => part !== undefined).join(', ');
}

function footLine(snapshot: DashboardSnapshot, { view, draft, columns, connection }: RenderOptions): string {
  if (draft !== undefined) return cut(`filter: ${draft}_   (Enter keeps it, Escape clears it)`, columns);
  const order = `s sort: ${view.sort}${view.reversed ? ', reversed' : ''}`;
  const filter = `/ filter${view.filter === '' ? '' : `: ${view.filter}`}`;
  const count = view.filter === '' ? [] : [`${snapshot.matching} fit`];
  const trouble = connection && !connection.live ? [`server: ${connection.why}`] : [];
  return cut([...trouble, 'q quit', order, 'r reverse', filter, ...count].join(' | '), columns);
}
