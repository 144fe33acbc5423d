/** The series of all rows, by the name they are exposed under. */

import { COUNTING, type Column, type Labels, labelOf, STANDING, TRANSITIONS } from './columns.ts';
import type { Row } from './ledger.ts';

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export type Series = ReadonlyMap<string, readonly Sample[]>;

/** Rows of the same labels are summed: two policies of one name may call the same host. */
export function seriesOf(rows: readonly Row[]): Series {
  const series = new Map<string, Sample[]>();
  const hosts = Map.groupBy(rows, ({ server_address, server_port, name }) =>
    JSON.stringify([server_address, server_port, name]),
  );
  for (const [first, ...others] of hosts.values()) addRow(series, others.reduce(sumOf, first as Row));
  return series;
}

function addRow(series: Map<string, Sample[]>, row: Row): void {
  const { server_address, server_port, name } = row;
  const add = (metric: string, own: Labels, value: number): void => {
    const sample = { labels: { server_address, server_port, name, ...own }, value };
    const samples = series.get(metric);
    if (samples) samples.push(sample);
    else series.set(metric, [sample]);
  };
  addColumns(add, COUNTING, row.counters);
  addColumns(add, STANDING, row.gauges);
  for (const { from, to, reason, count } of row.transitions.values()) {
    add(TRANSITIONS, { from: labelOf(from), to: labelOf(to), reason: labelOf(reason) }, count);
  }
}

function addColumns(
  add: (metric: string, own: Labels, value: number) => void,
  columns: readonly Column[],
  values: readonly (number | undefined)[],
): void {
  for (const [i, { name, labels }] of columns.entries()) {
    const value = values[i];
    if (value !== undefined) add(name, labels, value);
  }
}

function sumOf(a: Row, b: Row): Row {
  const transitions = new Map(a.transitions);
  for (const [way, transition] of b.transitions) {
    transitions.set(way, { ...transition, count: transition.count + (a.transitions.get(way)?.count ?? 0) });
  }
  return {
    ...a,
    transitions,
    counters: a.counters.map((value, i) => value + (b.counters[i] as number)),
    gauges: STANDING.map((_, i) => sumOfGiven(a.gauges[i], b.gauges[i])),
  };
}

function sumOfGiven(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}
