/** A selection of circuits: which ones, how many, in which order. */

import type { BreakerState } from '@cutout/core';
import type { HostRow } from './snapshot.ts';

export interface View {
  /** Text that the key or the policy's name contains, ignoring case; empty for all. */
  readonly filter: string;
  readonly sort: SortBy;
  /** Ascending instead of the column's natural order. */
  readonly reversed: boolean;
  /** The maximum number of rows. */
  readonly limit: number;
}

export type SortBy =
  | 'trouble'
  | 'key'
  | 'state'
  | 'success'
  | 'calls'
  | 'refused'
  | 'latency'
  | 'retries'
  | 'inflight'
  | 'failure';

export const VIEW_DEFAULTS: View = { filter: '', sort: 'trouble', reversed: false, limit: 200 };
export const MAX_LIMIT = 1_000;

/** The values for sorting and filtering rows. */
export type Sortable = Pick<
  HostRow,
  | 'id'
  | 'key'
  | 'state'
  | 'since'
  | 'downSince'
  | 'nearness'
  | 'calls'
  | 'refused'
  | 'success'
  | 'p95'
  | 'retries'
  | 'inFlight'
> & { readonly policy?: string | undefined; readonly lastFailure?: HostRow['lastFailure'] | undefined };

export type Order = (a: Sortable, b: Sortable) => number;

/** The worst first: open ones by time open, then the nearest to opening, then the busiest. */
const byTrouble: Order = (a, b) =>
  RANK[a.state] - RANK[b.state] ||
  (a.downSince ?? 0) - (b.downSince ?? 0) ||
  (b.nearness ?? 0) - (a.nearness ?? 0) ||
  b.refused - a.refused ||
  b.calls - a.calls;

const RANK: Readonly<Record<BreakerState, number>> = { open: 0, 'half-open': 1, isolated: 2, closed: 3 };

export const ORDERS: Readonly<Record<SortBy, Order>> = {
  trouble: byTrouble,
  key: (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  state: (a, b) => RANK[a.state] - RANK[b.state] || (a.since ?? 0) - (b.since ?? 0),
  success: (a, b) => (a.success ?? 101) - (b.success ?? 101),
  calls: (a, b) => b.calls - a.calls,
  refused: (a, b) => b.refused - a.refused,
  latency: (a, b) => (b.p95 ?? -1) - (a.p95 ?? -1),
  retries: (a, b) => b.retries - a.retries,
  inflight: (a, b) => b.inFlight - a.inFlight,
  failure: (a, b) => (b.lastFailure?.at ?? 0) - (a.lastFailure?.at ?? 0),
};

export interface Selection<T> {
  readonly rows: readonly T[];
  /** The number of circuits that match the filter, beyond the limit too. */
  readonly matching: number;
}

export function select<T extends Sortable>(rows: readonly T[], { filter, sort, reversed, limit }: View): Selection<T> {
  const wanted = filter.toLowerCase();
  const matching = wanted === '' ? [...rows] : rows.filter(row => matches(row, wanted));
  const order: Order = ORDERS[sort];
  const sign = reversed ? -1 : 1;
  // Ties by name, so equal rows do not swap every second.
  matching.sort((a, b) => sign * order(a, b) || ORDERS.key(a, b));
  return { rows: matching.slice(0, limit), matching: matching.length };
}

function matches({ key, policy = '' }: Sortable, wanted: string): boolean {
  return key.toLowerCase().includes(wanted) || policy.toLowerCase().includes(wanted);
}

/** An invalid query. The message goes to the client. */
export class QueryError extends Error {}

/** The view of a query. @throws QueryError with the parameter and its value. */
export function viewOf(query: URLSearchParams): View {
  const sort = query.get('sort') ?? VIEW_DEFAULTS.sort;
  if (!Object.hasOwn(ORDERS, sort)) throw wrong('sort', `one of ${Object.keys(ORDERS).join(', ')}`, sort);
  const limit = Number(query.get('limit') ?? VIEW_DEFAULTS.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw wrong('limit', `a whole number from 1 to ${MAX_LIMIT}`, query.get('limit'));
  const filter = query.get('filter') ?? '';
  if (filter.length > MAX_FILTER) throw wrong('filter', `at most ${MAX_FILTER} characters`, `${filter.length}`);
  return { filter, sort: sort as SortBy, reversed: query.has('reversed'), limit };
}

const MAX_FILTER = 200;

export function wrong(name: string, expected: string, value: string | null): QueryError {
  return new QueryError(`${name} must be ${expected}, got ${JSON.stringify(value)}`);
}
