/** The dashboard's data: one shape for the page, the terminal and `?format=json`. Plain JSON, without secrets. */

import type { BreakerState, TransitionReason } from '@cutout/core';
import type { LastFailure } from '@cutout/http';

/** One circuit. Rates cover the last five to ten seconds, latencies the last one to two minutes. */
export interface HostRow {
  /** Identifies the circuit among those of all policies. Opaque: send it back unchanged. */
  readonly id: string;
  readonly key: string;
  /** The policy's name, if it has one. */
  readonly policy?: string;
  readonly state: BreakerState;
  /** The circuit would refuse calls, but its policy is in `mode: 'shadow'`. */
  readonly shadow: boolean;
  /** When it entered this state, in milliseconds since 1970; null if it has always been closed. */
  readonly since: number | null;
  /** When it was last closed, likewise; null while closed. */
  readonly downSince: number | null;
  /** When the next probe may be admitted, likewise; null unless open. */
  readonly probeAt: number | null;
  /** Why it is not closed. */
  readonly reason?: TransitionReason;
  /** The failure utilization: 1 opens the circuit; null unless closed. */
  readonly nearness: number | null;
  /** Calls that ended per second, refused ones included. */
  readonly calls: number;
  /** Attempts refused per second. */
  readonly refused: number;
  /** Percentage of successes among the attempts of the last two minutes; null without attempts. */
  readonly success: number | null;
  /** The same per {@link SPARK_STEP_MS}, oldest first; null for a step without attempts. */
  readonly spark: readonly (number | null)[];
  /** Milliseconds to the headers, as accurate as the histogram's buckets; null without an answer. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Retries per call. */
  readonly retries: number;
  /** Retries that the budget allows; null without a budget. */
  readonly budget: number | null;
  readonly inFlight: number;
  /** The limit of the bulkhead; null without one. */
  readonly limit: number | null;
  readonly queued: number;
  readonly lastFailure?: LastFailure;
}

export const SPARK_STEP_MS = 5_000;
export const SPARK_STEPS = 24;

/** One transition. */
export interface TimelineEntry {
  /** A consecutive number. Older entries are dropped. */
  readonly n: number;
  readonly at: number;
  readonly id: string;
  readonly key: string;
  readonly policy?: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: TransitionReason;
  /** Code, status or name of the failure that opened the circuit. */
  readonly cause?: string;
  /** The user of this dashboard who made the transition. */
  readonly by?: string;
}

/** Totals of all circuits, shown or not. */
export interface Totals {
  readonly circuits: number;
  readonly open: number;
  readonly halfOpen: number;
  readonly isolated: number;
  readonly calls: number;
  readonly refused: number;
}

export interface DashboardSnapshot {
  readonly v: 1;
  readonly at: number;
  readonly title: string;
  /** Whether the dashboard accepts actions with its token. */
  readonly control: boolean;
  readonly totals: Totals;
  /** The number of circuits that match the filter; `hosts` are the first of them. */
  readonly matching: number;
  readonly hosts: readonly HostRow[];
  /** The latest transitions, oldest first. */
  readonly events: readonly TimelineEntry[];
}

/** The changes since the last message. Sent every second, even without changes. */
export interface SnapshotDiff {
  readonly at: number;
  readonly totals?: Totals;
  readonly matching?: number;
  /** The ids of all rows in order, if changed. Rows not listed are gone. */
  readonly order?: readonly string[];
  /** Whole rows that are new or changed. */
  readonly hosts?: readonly HostRow[];
  /** New transitions, oldest first. */
  readonly events?: readonly TimelineEntry[];
}

/** The value of `by` for a user without a name. */
export const UNNAMED = 'the dashboard';

/** The number of transitions kept. */
export const TIMELINE_LENGTH = 200;

/** Applies a difference to a snapshot. Unchanged rows stay the same objects. */
export function patched(before: DashboardSnapshot, diff: SnapshotDiff): DashboardSnapshot {
  const { at, totals = before.totals, matching = before.matching, order, hosts = [], events = [] } = diff;
  const rows = new Map([...before.hosts, ...hosts].map(row => [row.id, row]));
  const ids = order ?? before.hosts.map(({ id }) => id);
  return {
    ...before,
    at,
    totals,
    matching,
    hosts: ids.map(id => rows.get(id)).filter(row => row !== undefined),
    events: [...before.events, ...events].slice(-TIMELINE_LENGTH),
  };
}
