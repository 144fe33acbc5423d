/** The columns of the table: what each says of a circuit, in up to three lines of text. */

import type { HostRow } from '../snapshot.ts';
import type { SortBy } from '../view.ts';
import { ago, count, countdown, duration, latencies, NOTHING, percent, rate } from './format.ts';
import { failureWords, reasonWords, stateWords } from './words.ts';

type Line = (row: HostRow, now: number) => string;

export interface Column {
  readonly sort: SortBy;
  readonly label: string;
  /** What the label leaves unsaid. */
  readonly hint: string;
  /** The order in which it is of interest. */
  readonly first: 'ascending' | 'descending';
  readonly lines: readonly Line[];
  /** Whether its text changes as time passes, where there is a time at all. */
  readonly ticks?: true;
}

/** From here on it is said how near a closed circuit is to opening. */
const NEAR = 0.5;
/** Time in the state is told twice only if the two differ by as much. */
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

/** For how long it has been in its state, and what comes next. */
export function standing(row: HostRow, now: number): string {
  return joined(row.since === null ? undefined : duration(now - row.since), nearness(row), probe(row, now));
}

/** Whose it is, and why it is not closed. */
export function about(row: HostRow, now: number): string {
  const { policy, reason } = row;
  return joined(policy, reason && reasonWords(reason), down(row, now));
}

/** What there is of it, in one line. */
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
