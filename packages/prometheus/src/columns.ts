/** Every metric that is exposed, and where in a key's numbers it is read. */

import type { BreakerState } from '@cutout/core';
import { type CallEnd, type KeyMetrics, LATENCY_BOUNDS_MS, type RetryRefusal } from '@cutout/http';

export type Labels = Readonly<Record<string, string>>;

/** One series of every host. */
export interface Column {
  /** As it stands in an expression. */
  readonly name: string;
  readonly labels: Labels;
  /** Undefined where a key has nothing of the kind. */
  readonly read: (key: KeyMetrics) => number | undefined;
}

/** What a metric of prom-client is made with. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  /** Beside those that say which host it is. */
  readonly labelNames?: readonly string[];
}

export const HOST_LABELS = ['server_address', 'server_port', 'name'] as const;

export const TRANSITIONS = 'cutout_breaker_transitions_total';

export const DURATION = 'cutout_attempt_duration_seconds';

export const COUNTERS: readonly Metric[] = [
  {
    name: 'cutout_breaker_calls_total',
    help: 'Attempts by what they said of the host: success, failure, ignored; or rejected by the circuit.',
    labelNames: ['outcome'],
  },
  { name: 'cutout_breaker_broken_bodies_total', help: 'Bodies that broke after good headers.' },
  {
    name: TRANSITIONS,
    help: 'Changes of state of the circuit.',
    labelNames: ['from', 'to', 'reason'],
  },
  { name: 'cutout_breaker_open_time_seconds_total', help: 'Seconds that the circuit has been open.' },
  { name: 'cutout_breaker_isolated_time_seconds_total', help: 'Seconds that the circuit has been isolated by hand.' },
  { name: 'cutout_retry_calls_total', help: 'Calls by how they ended, retries included.', labelNames: ['outcome'] },
  { name: 'cutout_retries_total', help: 'Further attempts that were decided on.' },
  {
    name: 'cutout_retries_refused_total',
    help: 'Attempts that would have been worth it, by what stood against them.',
    labelNames: ['reason'],
  },
  {
    name: 'cutout_hedges_total',
    help: 'Second requests beside one that was slow to answer: sent, won (and so sent, too), refused.',
    labelNames: ['outcome'],
  },
  { name: 'cutout_fallbacks_total', help: 'Calls that a fallback has answered.' },
  { name: 'cutout_stale_answers_total', help: 'Calls that the last good answer has answered.' },
  { name: 'cutout_bulkhead_rejected_total', help: 'Attempts that found no place in the bulkhead.' },
];

export const GAUGES: readonly Metric[] = [
  { name: 'cutout_breaker_status', help: 'Circuits in this state: 1 or 0 for one host.', labelNames: ['state'] },
  { name: 'cutout_breaker_in_flight', help: 'Attempts admitted and not yet answered.' },
  { name: 'cutout_retry_budget_left', help: 'Retries that could be paid for now.' },
  { name: 'cutout_bulkhead_usage', help: 'Places of the bulkhead that are taken.' },
  { name: 'cutout_bulkhead_limit', help: 'Places of the bulkhead.' },
  { name: 'cutout_bulkhead_queue_usage', help: 'Attempts that wait for a place in the bulkhead.' },
];

export const HISTOGRAM: Metric = { name: DURATION, help: 'Seconds from an attempt to the headers of its answer.' };

const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open', 'isolated'];

const ENDS: readonly CallEnd[] = ['first-try', 'after-retry', 'failed', 'ignored', 'refused', 'full'];

const REFUSALS: readonly RetryRefusal[] = [
  'attempts',
  'body',
  'method',
  'aborted',
  'circuit',
  'retry-after',
  'deadline',
  'inner-door',
  'budget',
];

/** Series whose numbers never fall. A series begins at 0: one that began at 1 would have no increase. */
export const COUNTING: readonly Column[] = [
  column('cutout_breaker_calls_total', key => key.answers.success, { outcome: 'success' }),
  column('cutout_breaker_calls_total', key => key.answers.failure, { outcome: 'failure' }),
  column('cutout_breaker_calls_total', key => key.answers.ignore, { outcome: 'ignored' }),
  column('cutout_breaker_calls_total', key => key.rejected, { outcome: 'rejected' }),
  column('cutout_breaker_broken_bodies_total', key => key.brokenBodies),
  column('cutout_breaker_open_time_seconds_total', key => key.openMs / 1_000),
  column('cutout_breaker_isolated_time_seconds_total', key => key.isolatedMs / 1_000),
  ...ENDS.map(end => column('cutout_retry_calls_total', key => key.calls[end], { outcome: labelOf(end) })),
  column('cutout_retries_total', key => key.retries),
  ...REFUSALS.map(reason =>
    column('cutout_retries_refused_total', key => key.retriesRefused[reason] ?? 0, { reason: labelOf(reason) }),
  ),
  column('cutout_hedges_total', key => key.hedges.sent, { outcome: 'sent' }),
  column('cutout_hedges_total', key => key.hedges.won, { outcome: 'won' }),
  column('cutout_hedges_total', key => key.hedges.refused, { outcome: 'refused' }),
  column('cutout_fallbacks_total', key => key.fallbacks),
  column('cutout_stale_answers_total', key => key.staleAnswers),
  column('cutout_bulkhead_rejected_total', key => key.bulkheadRejected),
  ...LATENCY_BOUNDS_MS.map((bound, i) =>
    column(`${DURATION}_bucket`, key => sumUpTo(key.latency.buckets, i), { le: String(bound / 1_000) }),
  ),
  column(`${DURATION}_bucket`, key => key.latency.count, { le: '+Inf' }),
  column(`${DURATION}_sum`, key => key.latency.sumMs / 1_000),
  column(`${DURATION}_count`, key => key.latency.count),
];

/** Series that tell the present. */
export const STANDING: readonly Column[] = [
  ...STATES.map(state =>
    column('cutout_breaker_status', key => (key.state === state ? 1 : 0), { state: labelOf(state) }),
  ),
  column('cutout_breaker_in_flight', key => key.inFlight),
  column('cutout_retry_budget_left', key => key.budgetLeft),
  column('cutout_bulkhead_usage', key => key.bulkhead?.inFlight),
  column('cutout_bulkhead_limit', key => key.bulkhead?.limit),
  column('cutout_bulkhead_queue_usage', key => key.bulkhead?.queued),
];

/** A word as labels spell it. */
export function labelOf(word: string): string {
  return word.replaceAll('-', '_');
}

function column(name: string, read: Column['read'], labels: Labels = {}): Column {
  return { name, labels, read };
}

function sumUpTo(buckets: readonly number[], last: number): number {
  let sum = 0;
  for (let i = 0; i <= last; i++) sum += buckets[i] as number;
  return sum;
}
