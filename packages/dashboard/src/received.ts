/** Converts a received value to the shape that readers need. Invalid parts are left out or replaced. */

import type { BreakerState } from '@cutout/core';
import type { DashboardSnapshot, HostRow, SnapshotDiff, TimelineEntry, Totals } from './snapshot.ts';
import { SPARK_STEPS, TIMELINE_LENGTH } from './snapshot.ts';

type Fields = Readonly<Record<string, unknown>>;

/** More rows than any view has. */
const MAX_ROWS = 10_000;
const MAX_TEXT = 2_000;
/** The latest time of a `Date`. */
const MAX_NUMBER = 8.64e15;
const STATES: readonly unknown[] = ['closed', 'open', 'half-open', 'isolated'] satisfies BreakerState[];

/** The fields of a shape by type. An invalid number becomes 0 or null; an invalid text is left out. */
interface Shape {
  readonly numbers?: readonly string[];
  readonly orNull?: readonly string[];
  readonly texts?: readonly string[];
}

const TOTALS: Shape = {
  numbers: ['circuits', 'open', 'halfOpen', 'isolated', 'calls', 'refused'] satisfies (keyof Totals)[],
};
const ROW: Shape = {
  numbers: ['calls', 'refused', 'retries', 'inFlight', 'queued'] satisfies (keyof HostRow)[],
  orNull: [
    'since',
    'downSince',
    'probeAt',
    'nearness',
    'success',
    'p50',
    'p95',
    'budget',
    'limit',
  ] satisfies (keyof HostRow)[],
  texts: ['key', 'policy', 'reason'] satisfies (keyof HostRow)[],
};
const ENTRY: Shape = {
  numbers: ['n', 'at'] satisfies (keyof TimelineEntry)[],
  texts: ['key', 'policy', 'reason', 'cause', 'by'] satisfies (keyof TimelineEntry)[],
};
const FAILURE: Shape = { numbers: ['at'], texts: ['kind'] };

/** Undefined for anything but a snapshot. */
export function receivedSnapshot(value: unknown): DashboardSnapshot | undefined {
  const { v, at, title, control, totals, matching, hosts, events } = fieldsOf(value);
  if (v !== 1 || !Array.isArray(hosts) || !Array.isArray(events) || !totals) return undefined;
  const whole = { at: numberOf(at), totals, matching: numberOrNull(matching) ?? hosts.length, hosts, events };
  const received = receivedDiff(whole) as Required<SnapshotDiff>;
  return { ...received, v, title: textOf(title), control: control === true };
}

/** Undefined for anything but a difference. */
export function receivedDiff(value: unknown): SnapshotDiff | undefined {
  const { at, totals, matching, order, hosts, events } = fieldsOf(value);
  if (typeof at !== 'number') return undefined;
  return {
    at: numberOf(at),
    ...(totals ? { totals: shaped(totals, TOTALS) as unknown as Totals } : {}),
    ...(typeof matching === 'number' ? { matching: numberOf(matching) } : {}),
    ...(Array.isArray(order) ? { order: order.filter(isText).slice(0, MAX_ROWS) } : {}),
    ...(Array.isArray(hosts) ? { hosts: hosts.slice(0, MAX_ROWS).flatMap(rowOf) } : {}),
    ...(Array.isArray(events) ? { events: events.slice(-TIMELINE_LENGTH).flatMap(entryOf) } : {}),
  };
}

function rowOf(value: unknown): HostRow[] {
  const { id, key, state, shadow, spark, lastFailure } = fieldsOf(value);
  if (!isText(id) || !isText(key) || !STATES.includes(state)) return [];
  const row = {
    ...shaped(value, ROW),
    id,
    state,
    shadow: shadow === true,
    spark: Array.isArray(spark) ? spark.slice(-SPARK_STEPS).map(numberOrNull) : [],
    ...(lastFailure ? { lastFailure: failureOf(lastFailure) } : {}),
  };
  return [row as unknown as HostRow];
}

function failureOf(value: unknown): Fields {
  const { kind, status } = fieldsOf(value);
  const known = { ...shaped(value, FAILURE), kind: textOf(kind) };
  return typeof status === 'number' ? { ...known, status: numberOf(status) } : known;
}

function entryOf(value: unknown): TimelineEntry[] {
  const { id, key, from, to } = fieldsOf(value);
  if (!isText(id) || !isText(key) || !STATES.includes(from) || !STATES.includes(to)) return [];
  return [{ reason: '', ...shaped(value, ENTRY), id, from, to } as unknown as TimelineEntry];
}

function shaped(value: unknown, { numbers = [], orNull = [], texts = [] }: Shape): Fields {
  const fields = fieldsOf(value);
  return Object.fromEntries([
    ...numbers.map(name => [name, numberOf(fields[name])]),
    ...orNull.map(name => [name, numberOrNull(fields[name])]),
    ...texts.filter(name => isText(fields[name])).map(name => [name, textOf(fields[name])]),
  ]);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function textOf(value: unknown): string {
  return isText(value) ? value.slice(0, MAX_TEXT) : '';
}

function numberOf(value: unknown): number {
  return numberOrNull(value) ?? 0;
}

function numberOrNull(value: unknown): number | null {
  if (typeof value !== 'number' || Number.isNaN(value)) return null;
  return Math.min(Math.max(value, -MAX_NUMBER), MAX_NUMBER);
}
