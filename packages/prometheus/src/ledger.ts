/** What a policy has counted, by host: a bounded number of rows whose counters never fall. */

import type { CircuitBreaker, TransitionCount } from '@cutout/core';
import { report } from '@cutout/core/internal';
import type { HttpPolicy, KeyMetrics } from '@cutout/http';
import { COUNTING, STANDING } from './columns.ts';
import { type HostLabels, hostLabelsOf, OTHER } from './host-labels.ts';
import type { CheckedOptions } from './options.ts';

export interface Row extends HostLabels {
  readonly name: string;
  /** One number for each of {@link COUNTING}. */
  readonly counters: number[];
  /** By `from to reason`. */
  readonly transitions: Map<string, TransitionCount>;
  /** One number for each of {@link STANDING}; undefined where no key of the row has it. */
  gauges: (number | undefined)[];
}

/** A key as it was last read. */
interface Reading {
  readonly row: Row;
  readonly breaker: CircuitBreaker | undefined;
  readonly counters: readonly number[];
  readonly transitions: ReadonlyMap<string, number>;
}

export class Ledger {
  readonly #policy: HttpPolicy;
  readonly #options: CheckedOptions;
  /** The first hosts keep their rows for good: were they to change hands, the number of series would grow all the same. */
  readonly #rows = new Map<string, Row>();
  #readings = new Map<string, Reading>();
  #hasReported = false;

  constructor(policy: HttpPolicy, options: CheckedOptions) {
    this.#policy = policy;
    this.#options = options;
  }

  /** Adds what has been counted since the last time. */
  read(): Iterable<Row> {
    const { keys } = this.#policy.metrics();
    for (const row of this.#rows.values()) row.gauges = [];
    // A key that the registry has dropped is forgotten here; what it counted stays in its row.
    this.#readings = new Map(keys.map(key => [key.key, this.#add(key)]));
    return this.#rows.values();
  }

  #add(key: KeyMetrics): Reading {
    const before = this.#readings.get(key.key);
    const row = before?.row ?? this.#rowOf(key.key);
    const counters = COUNTING.map(({ read }) => read(key) ?? 0);
    const breaker = this.#policy.registry.peek(key.key);
    // A key that was dropped and came back has another breaker, and has begun again at 0.
    const known = before?.breaker === breaker ? before : undefined;
    for (const [i, value] of counters.entries()) {
      // Sums of fractions may differ in their last digits.
      row.counters[i] = (row.counters[i] ?? 0) + Math.max(0, value - (known?.counters[i] ?? 0));
    }
    const transitions = addTransitions(row, key.transitions, known?.transitions);
    addGauges(row, key);
    return { row, breaker, counters, transitions };
  }

  #rowOf(key: string): Row {
    const labels = this.#labelsOf(key);
    const own = this.#rows.get(idOf(labels));
    if (own) return own;
    const taken = this.#rows.size - (this.#rows.has(idOf(OTHER)) ? 1 : 0);
    if (taken < this.#options.maxHosts) return this.#newRow(labels);
    return this.#rows.get(idOf(OTHER)) ?? this.#newRow(OTHER);
  }

  /** One host that the caller's function does not take must not cost the scrape. */
  #labelsOf(key: string): HostLabels {
    try {
      return hostLabelsOf(key, this.#options.hostLabel);
    } catch (error) {
      if (!this.#hasReported) report(`[@cutout/prometheus] hostLabel failed; such keys are counted as _other`, error);
      this.#hasReported = true;
      return OTHER;
    }
  }

  #newRow(labels: HostLabels): Row {
    const transitions = new Map(OPENINGS.map(opening => [wayOf(opening), { ...opening, count: 0 }]));
    const row: Row = { ...labels, name: this.#policy.name ?? '', counters: [], transitions, gauges: [] };
    this.#rows.set(idOf(labels), row);
    return row;
  }
}

/** Those that an alert waits for stand at 0 from the beginning, so that the first one is an increase. */
const OPENINGS = (['consecutive', 'rate', 'slow', 'adaptive'] as const).map(
  reason => ({ from: 'closed', to: 'open', reason }) as const,
);

function wayOf({ from, to, reason }: Omit<TransitionCount, 'count'>): string {
  return `${from} ${to} ${reason}`;
}

function idOf({ server_address, server_port }: HostLabels): string {
  return JSON.stringify([server_address, server_port]);
}

function addTransitions(
  row: Row,
  counts: readonly TransitionCount[],
  before: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<string, number> {
  const now = new Map<string, number>();
  for (const transition of counts) {
    const { count } = transition;
    const way = wayOf(transition);
    now.set(way, count);
    const sum = (row.transitions.get(way)?.count ?? 0) + count - (before?.get(way) ?? 0);
    row.transitions.set(way, { ...transition, count: sum });
  }
  return now;
}

function addGauges(row: Row, key: KeyMetrics): void {
  for (const [i, { read }] of STANDING.entries()) {
    const value = read(key);
    if (value !== undefined) row.gauges[i] = (row.gauges[i] ?? 0) + value;
  }
}
