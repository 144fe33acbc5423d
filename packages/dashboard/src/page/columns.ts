/** The columns of the table. Each shows a circuit in up to three lines of text. */

import type { HostRow } from '../snapshot.ts';
import type { SortBy } from '../view.ts';
import { ago, count, countdown, duration, latencies, NOTHING, percent, rate } from './format.ts';
import { failureWords, reasonWords, stateWords } from './words.ts';

type Line = (row: HostRow, now: number) => string;

export interface Column {
  readonly sort: SortBy;
  readonly label: string;
  /** Explains the label. */
  readonly hint: string;
  /** The sort order of the column. */
  readonly first: 'ascending' | 'descending';
  readonly lines: readonly Line[];
  /** Whether its text depends on the current time. */
  readonly ticks?: true;
}

/** From this utilization on, the row shows how near a closed circuit is to opening. */
const NEAR = 0.5;
/** Both times, in the state and down, are shown only if they differ by at least this. */
const LONGER_MS = 1_000;

export const COLUMNS: readonly Column[] = [
  {
    sort: 'state',
    label: 'State',
    hint: 'state, for how long, and when a probe may be let through',
    first: 'descending',
    lines: [({ state, shadow }) => stateWords(state, shadow), standing],
    ticks: true,
  },
  {
    sort: 'key',
    label: 'Host',
    hint: 'circuit, policy, and why it is not closed',
    first: 'ascending',
    lines: [({ key }) => key, about],
    ticks: true,
  },
  {
    sort: 'success',
    label: 'Success',
    hint: 'attempts answered well in the last two minutes',
    first: 'ascending',
    lines: [({ success }) => percent(success)],
  },
  {
    sort: 'calls',
    label: 'Calls/s',
    hint: 'calls that ended, per second',
    first: 'descending',
    lines: [({ calls }) => rate(calls)],
  },
  {
    sort: 'refused',
    label: 'Refused/s',
    hint: 'attempts refused, per second',
    first: 'descending',
    lines: [({ refused }) => rate(refused)],
  },
  {
    sort: 'latency',
    label: 'p50 / p95',
    hint: 'time to the headers: half of the answers, and 95 of 100, took no longer',
    first: 'descending',
    lines: [({ p50, p95 }) => latencies(p50, p95)],
  },
  {
    sort: 'retries',
    label: 'Retries',
    hint: 'retries per call, and how many the budget could pay for',
    first: 'descending',
    lines: [
      ({ retries }) => (retries === 0 ? '0' : retries.toFixed(2)),
      ({ budget }) => (budget === null ? '' : `${count(budget)} left`),
    ],
  },
  {
    sort: 'inflight',
    label: 'In flight',
    hint: 'attempts under way, of those that the bulkhead has room for, and those that wait for a place',
    first: 'descending',
    lines: [
      ({ inFlight, limit }) => (limit === null ? count(inFlight) : `${count(inFlight)}/${count(limit)}`),
      ({ queued }) => (queued === 0 ? '' : `+${count(queued)} queued`),
    ],
  },
  {
    sort: 'failure',
    label: 'Last failure',
    hint: 'the last answer that counted as a failure',
    first: 'descending',
    lines: [
      row => failureWords(row) ?? NOTHING,
      ({ lastFailure }, now) => (lastFailure ? ago(now - lastFailure.at) : ''),
    ],
    ticks: true,
  },
];

/** The time in the state, and what comes next. */
export function standing(row: HostRow, now: number): string {
  return joined(row.since === null ? undefined : duration(now - row.since), nearness(row), probe(row, now));
}

/** The policy, and why the circuit is not closed. */
export function about(row: HostRow, now: number): string {
  const { policy, reason } = row;
  return joined(policy, reason && reasonWords(reason), down(row, now));
}

/** Joins the parts that exist in one line. */
export function joined(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join(' · ');
}

function nearness({ nearness: near }: HostRow): string | undefined {
  return near === null || near < NEAR ? undefined : `${Math.floor(near * 100)} % to opening`;
}

function probe({ probeAt }: HostRow, now: number): string | undefined {
  if (probeAt === null) return undefined;
  return probeAt > now ? `probe in ${countdown(probeAt - now)}` : 'probe due';
}

function down({ since, downSince }: HostRow, now: number): string | undefined {
  if (downSince === null || since === null || since - downSince < LONGER_MS) return undefined;
  return `down for ${duration(now - downSince)}`;
}
