/** The series of all rows, by the name they are exposed under. */

import { COUNTING, type Column, type Labels, labelOf, STANDING, TRANSITIONS } from './columns.ts';
import type { Row } from './ledger.ts';

interface Sample {
  readonly labels: Labels;
  value: number;
}

export type Series = ReadonlyMap<string, readonly Sample[]>;

/** Rows of the same labels are summed: two policies of one name may call the same host. */
export function seriesOf(rows: Iterable<Row>): Series {
  const all = new Map<string, Map<string, Sample>>();
  const add = (name: string, labels: Labels, value: number): void => {
    const samples = all.get(name) ?? new Map<string, Sample>();
    all.set(name, samples);
    const id = JSON.stringify(labels);
    const sample = samples.get(id);
    if (sample) sample.value += value;
    else samples.set(id, { labels, value });
  };
  for (const row of rows) addRow(row, add);
  return new Map([...all].map(([name, samples]) => [name, [...samples.values()]]));
}

function addRow(row: Row, add: (name: string, labels: Labels, value: number) => void): void {
  const { server_address, server_port, name } = row;
  const host = { server_address, server_port, name };
  const addAll = (columns: readonly Column[], values: readonly (number | undefined)[]): void => {
    for (const [i, column] of columns.entries()) {
      const value = values[i];
      if (value !== undefined) add(column.name, { ...host, ...column.labels }, value);
    }
  };
  addAll(COUNTING, row.counters);
  addAll(STANDING, row.gauges);
  for (const { from, to, reason, count } of row.transitions.values()) {
    add(TRANSITIONS, { ...host, from: labelOf(from), to: labelOf(to), reason: labelOf(reason) }, count);
  }
}
