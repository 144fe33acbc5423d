/** One key's numbers as samples of instruments. */

import type { KeyMetrics } from '@cutout/http';
import type { Attributes } from '@opentelemetry/api';

export type CounterName =
  | 'cutout.breaker.calls'
  | 'cutout.breaker.transitions'
  | 'cutout.breaker.open.time'
  | 'cutout.retry.calls'
  | 'cutout.retries'
  | 'cutout.retries.refused'
  | 'cutout.hedges'
  | 'cutout.fallbacks'
  | 'cutout.stale_answers'
  | 'cutout.bulkhead.rejected';

export type LevelName =
  | 'cutout.breaker.status'
  | 'cutout.retry.budget.left'
  | 'cutout.bulkhead.usage'
  | 'cutout.bulkhead.limit'
  | 'cutout.bulkhead.queue.usage';

export interface Sample<Name extends string> {
  readonly name: Name;
  readonly attributes: Attributes;
  readonly value: number;
}

/** What only grows. */
export function countersOf(metrics: KeyMetrics): Sample<CounterName>[] {
  const { answers, rejected, transitions, openMs, calls, retries, retriesRefused, hedges } = metrics;
  const outcomes = { success: answers.success, failure: answers.failure, ignored: answers.ignore, rejected };
  return [
    ...by('cutout.breaker.calls', 'cutout.outcome', outcomes),
    ...transitions.map(({ from, to, reason, count }) => ({
      name: 'cutout.breaker.transitions' as const,
      attributes: {
        'cutout.from': underscored(from),
        'cutout.to': underscored(to),
        'cutout.reason': underscored(reason),
      },
      value: count,
    })),
    { name: 'cutout.breaker.open.time', attributes: {}, value: openMs / 1_000 },
    ...by('cutout.retry.calls', 'cutout.outcome', calls),
    { name: 'cutout.retries', attributes: {}, value: retries },
    ...by('cutout.retries.refused', 'cutout.reason', retriesRefused),
    ...by('cutout.hedges', 'cutout.outcome', hedges),
    { name: 'cutout.fallbacks', attributes: {}, value: metrics.fallbacks },
    { name: 'cutout.stale_answers', attributes: {}, value: metrics.staleAnswers },
    { name: 'cutout.bulkhead.rejected', attributes: {}, value: metrics.bulkheadRejected },
  ];
}

const STATES = ['closed', 'open', 'half-open', 'isolated'] as const;

/** What goes up and down: one series for each state, 1 for the present one. */
export function levelsOf({ state, budgetLeft, bulkhead }: KeyMetrics): Sample<LevelName>[] {
  const status = STATES.map(each => ({
    name: 'cutout.breaker.status' as const,
    attributes: { 'cutout.breaker.state': underscored(each) },
    value: each === state ? 1 : 0,
  }));
  const budget = budgetLeft === undefined ? [] : [level('cutout.retry.budget.left', budgetLeft)];
  if (!bulkhead) return [...status, ...budget];
  return [
    ...status,
    ...budget,
    level('cutout.bulkhead.usage', bulkhead.inFlight),
    level('cutout.bulkhead.limit', bulkhead.limit),
    level('cutout.bulkhead.queue.usage', bulkhead.queued),
  ];
}

function level(name: LevelName, value: number): Sample<LevelName> {
  return { name, attributes: {}, value };
}

function by(name: CounterName, attribute: string, counts: Readonly<Record<string, number>>): Sample<CounterName>[] {
  return Object.entries(counts).map(([each, value]) => ({
    name,
    attributes: { [attribute]: underscored(each) },
    value,
  }));
}

/** As attribute values are written by convention. */
function underscored(text: string): string {
  return text.replaceAll('-', '_');
}
