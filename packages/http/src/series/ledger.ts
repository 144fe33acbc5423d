/** What one policy has counted, by host: a bounded number of rows whose counters never fall. */

import type { CircuitBreaker, TransitionCount } from '@cutout/core';
import { Harmless } from '@cutout/core/internal';
import { LATENCY_BOUNDS_MS } from '../latency-histogram.ts';
import type { KeyMetrics } from '../metrics.ts';
import type { HttpPolicy } from '../policy.ts';
import { hostAttributesOf, labelled, OTHER } from './host-attributes.ts';
import { type Attributes, COUNTERS, type Column, type Instrument, LEVELS } from './instruments.ts';
import type { CheckedSeries } from './series-options.ts';

export interface Row {
  /** The same for rows of the same host and the same name, of any policy. */
  readonly id: string;
  /** The host, and the policy's name. */
  readonly attributes: Attributes;
  /** One number for each of {@link SUMS}. */
  readonly sums: number[];
  /** By `from to reason`. */
  readonly transitions: Map<string, TransitionCount>;
  /** One number for each of {@link STANDING}; undefined where no key of the row has it. */
  levels: (number | undefined)[];
}

/** A key as it was last read. */
interface Reading {
  readonly row: Row;
  readonly breaker: CircuitBreaker | undefined;
  readonly sums: number[];
  transitions: readonly TransitionCount[];
}

/** A series of every host, with what its instrument says of it. */
export interface NamedColumn extends Column, Pick<Instrument, 'name' | 'highest'> {}

/** Of all {@link COUNTERS}, in one list. */
export const COUNTING: readonly NamedColumn[] = namedColumns(COUNTERS);
/** Of all {@link LEVELS}. */
export const STANDING: readonly NamedColumn[] = namedColumns(LEVELS);

/** {@link COUNTING}, then the buckets of latencies, then the milliseconds of all of them. */
export const SUMS: readonly Column['read'][] = [
  ...COUNTING.map(({ read }) => read),
  ...Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, (_, i) => (key: KeyMetrics) => key.latency.buckets[i]),
  key => key.latency.sumMs,
];

export class Ledger {
  readonly #policy: HttpPolicy;
  readonly #options: CheckedSeries;
  /** By id. The first hosts keep their rows for good: were they to change hands, the number of series would grow all the same. */
  readonly #rows = new Map<string, Row>();
  #readings = new Map<string, Reading>();
  readonly #harmless = new Harmless('[@cutout/http] hostLabel failed; such keys are counted as _other');

  constructor(policy: HttpPolicy, options: CheckedSeries) {
    this.#policy = policy;
    this.#options = options;
  }

  /** Adds what has been counted since the last time. There may be ten thousand keys: nothing is made for each that can be kept. */
  read(): Iterable<Row> {
    const { keys } = this.#policy.metrics();
    for (const row of this.#rows.values()) row.levels = [];
    const readings = new Map<string, Reading>();
    for (const key of keys) {
      const reading = this.#readingOf(key.key);
      readings.set(key.key, reading);
      addSums(reading, key);
      addTransitions(reading, key.transitions);
      addLevels(reading.row, key);
    }
    // A key that the registry has dropped is forgotten here; what it counted stays in its row.
    this.#readings = readings;
    return this.#rows.values();
  }

  #readingOf(key: string): Reading {
    const known = this.#readings.get(key);
    const breaker = this.#policy.registry.peek(key);
    // A key that was dropped and came back has another breaker, and has begun again at 0.
    if (known && known.breaker === breaker) return known;
    const row = known?.row ?? this.#rowOf(key);
    return { row, breaker, sums: zeros(), transitions: [] };
  }

  #rowOf(key: string): Row {
    const host = this.#hostOf(key);
    const own = this.#rows.get(idOf(host));
    if (own) return own;
    const other = this.#rows.get(OTHER_ID);
    const taken = this.#rows.size - (other ? 1 : 0);
    if (taken < this.#options.maxHosts) return this.#newRow(host);
    return other ?? this.#newRow(OTHER);
  }

  /** One host that the caller's function does not take must not cost those of all others. */
  #hostOf(key: string): Attributes {
    const { hostLabel } = this.#options;
    if (!hostLabel) return hostAttributesOf(key);
    const label = this.#harmless.value(() => hostLabel(key));
    return this.#harmless.value(() => labelled(label)) ?? OTHER;
  }

  #newRow(host: Attributes): Row {
    const { name } = this.#policy;
    const id = idOf(host);
    const transitions = new Map(OPENINGS.map(opening => [wayOf(opening), { ...opening, count: 0 }]));
    const attributes = name === undefined ? host : { ...host, 'cutout.breaker.name': name };
    const row: Row = { id: JSON.stringify([name ?? null, id]), attributes, sums: zeros(), transitions, levels: [] };
    this.#rows.set(id, row);
    return row;
  }
}

/** Those that an alert waits for stand at 0 from the beginning, so that the first one is an increase. */
const OPENINGS = (['consecutive', 'rate', 'slow', 'adaptive'] as const).map(
  reason => ({ from: 'closed', to: 'open', reason }) as const,
);

function zeros(): number[] {
  return Array(SUMS.length).fill(0);
}

function wayOf({ from, to, reason }: Omit<TransitionCount, 'count'>): string {
  return `${from} ${to} ${reason}`;
}

function namedColumns(instruments: typeof COUNTERS): NamedColumn[] {
  return instruments.flatMap(({ name, highest, columns }) => {
    return columns.map(column => ({ ...column, name, ...(highest ? { highest } : {}) }));
  });
}

/** What two say of the present, as one. */
export function levelOf({ highest }: NamedColumn, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return highest ? Math.max(a, b) : a + b;
}

/** A port is a number, and so has no space. */
function idOf(host: Attributes): string {
  return `${host['server.port'] ?? ''} ${host['server.address']}`;
}

const OTHER_ID = idOf(OTHER);

function addSums({ row, sums }: Reading, key: KeyMetrics): void {
  for (let i = 0; i < SUMS.length; i += 1) {
    const value = (SUMS[i] as Column['read'])(key) ?? 0;
    const more = value - (sums[i] as number);
    // Sums of fractions may differ in their last digits.
    if (more > 0) row.sums[i] = (row.sums[i] as number) + more;
    sums[i] = value;
  }
}

function addTransitions(reading: Reading, counts: readonly TransitionCount[]): void {
  const { row, transitions } = reading;
  for (const transition of counts) {
    const way = wayOf(transition);
    const before = transitions.find(each => wayOf(each) === way)?.count ?? 0;
    const count = (row.transitions.get(way)?.count ?? 0) + transition.count - before;
    row.transitions.set(way, { ...transition, count });
  }
  reading.transitions = counts;
}

function addLevels(row: Row, key: KeyMetrics): void {
  for (let i = 0; i < STANDING.length; i += 1) {
    const column = STANDING[i] as NamedColumn;
    row.levels[i] = levelOf(column, row.levels[i], column.read(key));
  }
}
