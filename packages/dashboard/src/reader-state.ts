/** What one reader has received, and the difference from the current reading. */

import type { Reading } from './circuits.ts';
import type { DashboardSnapshot, HostRow, SnapshotDiff, Totals } from './snapshot.ts';
import type { Timeline } from './timeline.ts';
import { select, type View } from './view.ts';

/** The part that is the same for every reader. */
export interface Heading {
  readonly title: string;
  readonly control: boolean;
}

export function snapshotOf(
  heading: Heading,
  { at, totals, circuits }: Reading,
  timeline: Timeline,
  view: View,
): DashboardSnapshot {
  const { rows, matching } = select(circuits, view);
  const hosts = rows.map(circuit => circuit.row);
  return { v: 1, at, ...heading, totals, matching, hosts, events: timeline.since(0) };
}

export class ReaderState {
  readonly #view: View;
  /** The rows as sent, by id and in order. */
  #rows = new Map<string, string>();
  #totals = '';
  #matching = 0;
  #events = 0;

  constructor(view: View) {
    this.#view = view;
  }

  /** The first message: everything. */
  snapshot(heading: Heading, reading: Reading, timeline: Timeline): DashboardSnapshot {
    const snapshot = snapshotOf(heading, reading, timeline, this.#view);
    this.#remember(snapshot.hosts, reading.totals, snapshot.matching, timeline.count);
    return snapshot;
  }

  diff({ at, totals, circuits }: Reading, timeline: Timeline): SnapshotDiff {
    const [before, ids] = [this.#rows, [...this.#rows.keys()]];
    const [totalsBefore, matchingBefore, eventsBefore] = [this.#totals, this.#matching, this.#events];
    const { rows, matching } = select(circuits, this.#view);
    const hosts = rows.map(circuit => circuit.row);
    this.#remember(hosts, totals, matching, timeline.count);
    const changed = hosts.filter(({ id }) => this.#rows.get(id) !== before.get(id));
    const events = timeline.since(eventsBefore);
    return {
      at,
      ...(this.#totals === totalsBefore ? {} : { totals }),
      ...(matching === matchingBefore ? {} : { matching }),
      ...(isSame(ids, [...this.#rows.keys()]) ? {} : { order: [...this.#rows.keys()] }),
      ...(changed.length > 0 ? { hosts: changed } : {}),
      ...(events.length > 0 ? { events } : {}),
    };
  }

  #remember(hosts: readonly HostRow[], totals: Totals, matching: number, events: number): void {
    this.#rows = new Map(hosts.map(row => [row.id, JSON.stringify(row)]));
    this.#totals = JSON.stringify(totals);
    this.#matching = matching;
    this.#events = events;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
