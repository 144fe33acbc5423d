/** What one policy has counted, by host: a bounded number of rows whose counters never fall. */

import type { CircuitBreaker, TransitionCount } from '@cutout/core';
import { escaped, Harmless } from '@cutout/core/internal';
import type { HttpPolicy } from '../../policy/policy.ts';
import { LATENCY_BOUNDS_MS } from '../latency-histogram.ts';
import type { KeyMetrics } from '../metrics.ts';
import { hostAttributesOf, labelled, OTHER } from './host-attributes.ts';
import { type Attributes, COUNTERS, type Column, type Instrument, LEVELS } from './instruments.ts';
import type { CheckedSeries } from './series-options.ts';

export interface Row {
  /** The same for rows of the same host and the same name, of any policy. */
  readonly id: string;
  readonly host: Attributes;
  /** The host, and the policy's name. */
  readonly attributes: Attributes;
  /** One number for each of {@link SUMS}. */
  readonly sums: number[];
  /** By `from to reason`. */
  readonly transitions: Map<string, TransitionCount>;
  /** One number for each of {@link STANDING}; undefined where no key of the row has it. */
  levels: (number | undefined)[];
  /** When one of its keys was last in use, by the registry's clock. */
  usedAt: number;
  /** Whether `hosts` names one of its keys. */
  isNamed: boolean;
  /** Its place has been given to another host. */
  isGone: boolean;
}

/** A key as it was last read. */
interface Reading {
  readonly key: string;
  readonly breaker: CircuitBreaker | undefined;
  row: Row;
  /** The host that has no row: its keys are counted under `_other`. */
  waitsFor: Attributes | undefined;
  readonly sums: number[];
  transitions: readonly TransitionCount[];
  /** Whether it has counted since the reading before, has calls in flight, or is not closed. */
  isInUse: boolean;
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

/** How long a row keeps its host after the last count: as long as a registry keeps an idle key by default. */
const IDLE_MS = 600_000;

export class SeriesTable {
  readonly #policy: HttpPolicy;
  readonly #options: CheckedSeries;
  /** By id: at most `maxHosts`, and {@link OTHER}. */
  readonly #rows = new Map<string, Row>();
  #readings = new Map<string, Reading>();
  /** Whether a key has been refused a row since this reading began: there are ten thousand of them at worst. */
  #isFull = false;
  readonly #harmless = new Harmless('[@cutout/http] hostLabel failed; such keys are counted as _other');

  constructor(policy: HttpPolicy, options: CheckedSeries) {
    this.#policy = policy;
    this.#options = options;
  }

  /** Adds what has been counted since the last time. There may be ten thousand keys: nothing is made for each that can be kept. */
  read(): Iterable<Row> {
    const { keys } = this.#policy.metrics();
    const now = this.#policy.registry.clock.now();
    for (const row of this.#rows.values()) row.levels = [];
    this.#isFull = false;
    const readings = keys.map(key => this.#readingOf(key.key, now));
    for (const [i, reading] of readings.entries()) this.#count(reading, keys[i] as KeyMetrics, now);
    this.#promote(readings, now);
    // After all rows have found their hosts: a level is of the present, and has no past to keep.
    for (const [i, reading] of readings.entries()) addLevels(this.#rowOf(reading), keys[i] as KeyMetrics);
    // A key that the registry has dropped is forgotten here; what it counted stays in its row.
    this.#readings = new Map(readings.map(reading => [reading.key, reading]));
    return this.#rows.values();
  }

  /** Rows of hosts, and hosts that are counted under `_other` for want of one. */
  get size(): { readonly used: number; readonly refused: number } {
    const waiting = new Set<string>();
    for (const { waitsFor } of this.#readings.values()) if (waitsFor) waiting.add(idOf(waitsFor));
    return { used: this.#used, refused: waiting.size };
  }

  get #used(): number {
    return this.#rows.size - (this.#rows.has(OTHER_ID) ? 1 : 0);
  }

  #readingOf(key: string, now: number): Reading {
    const known = this.#readings.get(key);
    const breaker = this.#policy.registry.peek(key);
    // A key that was dropped and came back has another breaker, and has begun again at 0.
    return known && known.breaker === breaker ? known : this.#newReading(key, breaker, known, now);
  }

  #newReading(key: string, breaker: CircuitBreaker | undefined, known: Reading | undefined, now: number): Reading {
    const begun = { key, breaker, sums: zeros(), transitions: [], isInUse: false };
    if (known) return { ...begun, row: known.row, waitsFor: known.waitsFor };
    const host = this.#hostOf(key);
    const row = idOf(host) === OTHER_ID ? this.#other : this.#ownRow(host, this.#policy.isNamed(key), now);
    return { ...begun, row: row ?? this.#other, waitsFor: row ? undefined : host };
  }

  #count(reading: Reading, key: KeyMetrics, now: number): void {
    const row = this.#rowOf(reading);
    const hasCounted = addSums(row, reading, key);
    addTransitions(row, reading, key.transitions);
    reading.isInUse = hasCounted || key.inFlight > 0 || key.state !== 'closed';
    if (reading.isInUse) row.usedAt = now;
  }

  /** Keys in use that have no row take those of idle hosts. What they have counted until now stays under `_other`. */
  #promote(readings: readonly Reading[], now: number): void {
    for (const reading of readings) {
      const { waitsFor, isInUse, key } = reading;
      const row = waitsFor && isInUse ? this.#ownRow(waitsFor, this.#policy.isNamed(key), now) : undefined;
      if (row) Object.assign(reading, { row, waitsFor: undefined });
    }
  }

  /** The row of a key, which may have been given to another host meanwhile. */
  #rowOf(reading: Reading): Row {
    if (!reading.row.isGone) return reading.row;
    reading.waitsFor = reading.row.host;
    reading.row = this.#other;
    return reading.row;
  }

  /** The row of a host, new if need be; undefined where none is free. */
  #ownRow(host: Attributes, isNamed: boolean, now: number): Row | undefined {
    const own = this.#rows.get(idOf(host));
    const row = own ?? (this.#makeRoom(isNamed, now) ? this.#newRow(host, now) : undefined);
    if (row && isNamed) row.isNamed = true;
    return row;
  }

  get #other(): Row {
    return this.#rows.get(OTHER_ID) ?? this.#newRow(OTHER, 0);
  }

  /** Whether there is room for one more host. One that `hosts` names takes that of any other, the longest idle first. */
  #makeRoom(isNamed: boolean, now: number): boolean {
    if (this.#used < this.#options.maxHosts) return true;
    if (this.#isFull && !isNamed) return false;
    const idlest = this.#idlest();
    if (idlest && (isNamed || now - idlest.usedAt >= IDLE_MS)) return this.#giveUp(idlest);
    this.#isFull ||= !isNamed;
    return false;
  }

  #idlest(): Row | undefined {
    const others = [...this.#rows].filter(([id, row]) => id !== OTHER_ID && !row.isNamed).map(([, row]) => row);
    return others.sort((a, b) => a.usedAt - b.usedAt)[0];
  }

  #giveUp(row: Row): true {
    row.isGone = true;
    return this.#rows.delete(idOf(row.host)) as true;
  }

  /** One host that the caller's function does not take must not cost those of all others. */
  #hostOf(key: string): Attributes {
    const { hostLabel } = this.#options;
    if (!hostLabel) return hostAttributesOf(key);
    const label = this.#harmless.value(() => hostLabel(key));
    return this.#harmless.value(() => labelled(label)) ?? OTHER;
  }

  #newRow(host: Attributes, now: number): Row {
    const { name } = this.#policy;
    const id = idOf(host);
    const row: Row = {
      id: JSON.stringify([name ?? null, id]),
      host,
      attributes: name === undefined ? host : { ...host, 'cutout.breaker.name': escaped(name) },
      sums: zeros(),
      transitions: new Map(OPENINGS.map(opening => [wayOf(opening), { ...opening, count: 0 }])),
      levels: [],
      usedAt: now,
      isNamed: false,
      isGone: false,
    };
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

/** Whether anything was added. */
function addSums(row: Row, { sums }: Reading, key: KeyMetrics): boolean {
  let hasCounted = false;
  for (let i = 0; i < SUMS.length; i += 1) {
    const value = (SUMS[i] as Column['read'])(key) ?? 0;
    const more = value - (sums[i] as number);
    // Sums of fractions may differ in their last digits.
    if (more > 0) {
      row.sums[i] = (row.sums[i] as number) + more;
      hasCounted = true;
    }
    sums[i] = value;
  }
  return hasCounted;
}

function addTransitions(row: Row, reading: Reading, counts: readonly TransitionCount[]): void {
  for (const transition of counts) {
    const way = wayOf(transition);
    const before = reading.transitions.find(each => wayOf(each) === way)?.count ?? 0;
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
