/** What the dashboard tells: one shape for the page, the terminal and `?format=json`. Plain JSON, without secrets. */

import type { BreakerState, TransitionReason } from '@cutout/core';
import type { LastFailure } from '@cutout/http';

/** One circuit. Rates are of the last five to ten seconds, latencies of the last one to two minutes. */
export interface HostRow {
  /** Names the circuit among those of all policies; to be handed back as it is. */
  readonly id: string;
  readonly key: string;
  /** The policy's name, where it has one. */
  readonly policy?: string;
  readonly state: BreakerState;
  /** It would refuse calls, and does not: its policy is in `mode: 'shadow'`. */
  readonly shadow: boolean;
  /** Milliseconds since 1970 at which it came to this state; null where it has been closed from the beginning. */
  readonly since: number | null;
  /** When it was last closed, likewise; null while it is. */
  readonly downSince: number | null;
  /** When the next probe may be let through; null unless it is open. */
  readonly probeAt: number | null;
  /** Why it is not closed. */
  readonly reason?: TransitionReason;
  /** How near it is to opening: 1 opens it; null unless it is closed. */
  readonly nearness: number | null;
  /** Calls that ended, per second, refused ones among them. */
  readonly calls: number;
  /** Attempts refused, per second. */
  readonly refused: number;
  /** Per cent of the attempts of the last two minutes that were answered well; null without any. */
  readonly success: number | null;
  /** The same for each {@link SPARK_STEP_MS} of them, oldest first; null where there was none. */
  readonly spark: readonly (number | null)[];
  /** Milliseconds to the headers, as near as the histogram's buckets; null without an answer. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Retries per call. */
  readonly retries: number;
  /** Retries that the budget could pay for; null where there is none. */
  readonly budget: number | null;
  readonly inFlight: number;
  /** Of the bulkhead; null without one. */
  readonly limit: number | null;
  readonly queued: number;
  readonly lastFailure?: LastFailure;
}

export const SPARK_STEP_MS = 5_000;
export const SPARK_STEPS = 24;

/** One transition. */
export interface TimelineEntry {
  /** Counts up; one that is missing has been forgotten. */
  readonly n: number;
  readonly at: number;
  readonly id: string;
  readonly key: string;
  readonly policy?: string;
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: TransitionReason;
  /** Code, status or name of the failure that opened it. */
  readonly cause?: string;
  /** Who asked for it by this dashboard. */
  readonly by?: string;
}

/** Of all circuits, also of those that no row is told of. */
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
  /** Whether the dashboard takes actions, from whoever has its token. */
  readonly control: boolean;
  readonly totals: Totals;
  /** Circuits that fit the filter; `hosts` are the first of them. */
  readonly matching: number;
  readonly hosts: readonly HostRow[];
  /** The latest transitions, oldest first. */
  readonly events: readonly TimelineEntry[];
}

/** What has changed since the message before. One comes every second, whether or not anything has. */
export interface SnapshotDiff {
  readonly at: number;
  readonly totals?: Totals;
  readonly matching?: number;
  /** The ids of all rows in their order, where that has changed; what is not in it is gone. */
  readonly order?: readonly string[];
  /** Whole rows: new ones, and those of which anything is new. */
  readonly hosts?: readonly HostRow[];
  /** New transitions, oldest first. */
  readonly events?: readonly TimelineEntry[];
}

/** What `by` says of who gave no name. */
export const UNNAMED = 'the dashboard';

/** The transitions that are kept. */
export const TIMELINE_LENGTH = 200;

/** Puts what has changed into a snapshot. Rows that have not are the same objects. */
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
