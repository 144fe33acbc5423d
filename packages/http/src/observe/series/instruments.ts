/** Every series of a host, and where in a key's numbers it is read. */

import type { BreakerState, TransitionCount } from '@cutout/core';
import type { CallEnd, RetryRefusal } from '../key-counters.ts';
import type { KeyMetrics } from '../metrics.ts';

/** By their names in OpenTelemetry, with dots. */
export type Attributes = Readonly<Record<string, string | number>>;

/** A name with its series. Names and units follow the conventions of OpenTelemetry, as attributes do. */
export interface Instrument {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Beside those that identify the host. */
  readonly attributes: readonly string[];
  /** Whether several circuits are reported by their highest value, not by their sum. */
  readonly highest?: true;
  /** Those that every host has. */
  readonly columns: readonly Column[];
}

/** One series of every host. */
export interface Column {
  readonly attributes: Attributes;
  /** Undefined where a key has nothing of the kind. */
  readonly read: Read;
}

type Read = (key: KeyMetrics) => number | undefined;

const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open', 'isolated'];

const ENDS: readonly CallEnd[] = ['first-try', 'after-retry', 'failed', 'ignored', 'refused', 'bulkhead-full'];

const REFUSALS: readonly RetryRefusal[] = [
  'attempts',
  'body',
  'method',
  'aborted',
  'circuit',
  'retry-after',
  'deadline',
  'inner-adapter',
  'budget',
];

/** Has a series for each way that a circuit went. */
export const TRANSITIONS: Instrument = {
  name: 'cutout.breaker.transitions',
  unit: '{transition}',
  description: 'Changes of state of the circuit.',
  attributes: ['cutout.from', 'cutout.to', 'cutout.reason'],
  columns: [],
};

/** Of a policy, not of a host: keys that its registry could not keep, or has dropped for others. */
export const REGISTRY_KEYS: Instrument = {
  name: 'cutout.registry.keys',
  unit: '{key}',
  description: 'Keys that the registry could not keep, and keys dropped to make room: evicted.',
  attributes: ['cutout.outcome'],
  columns: [],
};

/** Of a policy, not of a host. */
export const SERIES_ROWS: Instrument = {
  name: 'cutout.series.rows',
  unit: '{host}',
  description:
    'Hosts with series of their own: used; and hosts that are counted under _other for want of room: refused.',
  attributes: ['cutout.rows.state'],
  columns: [],
};

/** What never falls, of policies. */
export const POLICY_COUNTERS: readonly Instrument[] = [REGISTRY_KEYS];

/** Gauges of policies. */
export const POLICY_LEVELS: readonly Instrument[] = [SERIES_ROWS];

/** What never falls. A series begins at 0: one that began at 1 would have no increase. */
export const COUNTERS: readonly Instrument[] = [
  several(
    'cutout.breaker.calls',
    '{call}',
    'Attempts by verdict: success, failure, ignored; or rejected by the circuit.',
    'cutout.outcome',
    [
      ['success', key => key.answers.success],
      ['failure', key => key.answers.failure],
      ['ignored', key => key.answers.ignore],
      ['rejected', key => key.rejected],
    ],
  ),
  one('cutout.breaker.broken_bodies', '{body}', 'Bodies that broke after good headers.', key => key.brokenBodies),
  TRANSITIONS,
  one('cutout.breaker.open.time', 's', 'Time that the circuit has been open.', key => key.openMs / 1_000),
  one(
    'cutout.breaker.isolated.time',
    's',
    'Time that the circuit has been isolated by hand.',
    key => key.isolatedMs / 1_000,
  ),
  several(
    'cutout.retry.calls',
    '{call}',
    'Calls by how they ended, retries included.',
    'cutout.outcome',
    ENDS.map(end => [end, key => key.calls[end]]),
  ),
  one('cutout.retries', '{retry}', 'Further attempts that were decided on.', key => key.retries),
  several(
    'cutout.retries.refused',
    '{retry}',
    'Retries that were allowed by the outcome and refused, by reason.',
    'cutout.reason',
    REFUSALS.map(reason => [reason, key => key.retriesRefused[reason] ?? 0]),
  ),
  several(
    'cutout.hedges',
    '{request}',
    'Second requests beside one that was slow to answer: sent, won (and so sent, too), refused.',
    'cutout.outcome',
    [
      ['sent', key => key.hedges.sent],
      ['won', key => key.hedges.won],
      ['refused', key => key.hedges.refused],
    ],
  ),
  one('cutout.fallbacks', '{call}', 'Calls that a fallback has answered.', key => key.fallbacks),
  one('cutout.stale_answers', '{call}', 'Calls that the last good answer has answered.', key => key.staleAnswers),
  one(
    'cutout.bulkhead.rejected',
    '{call}',
    'Attempts that found no place in the bulkhead.',
    key => key.bulkheadRejected,
  ),
];

/** Gauges. */
export const LEVELS: readonly Instrument[] = [
  several(
    'cutout.breaker.status',
    '1',
    'Circuits in this state: 1 or 0 for one host.',
    'cutout.breaker.state',
    STATES.map(state => [state, key => (key.state === state ? 1 : 0)]),
  ),
  {
    ...one(
      'cutout.breaker.failure.utilization',
      '1',
      'How much of what would open the circuit there is: 1 opens it.',
      key => key.utilization,
    ),
    highest: true,
  },
  one('cutout.breaker.in_flight', '{call}', 'Attempts admitted and not yet answered.', key => key.inFlight),
  one('cutout.retry.budget.left', '{retry}', 'Retries that could be paid for now.', key => key.budgetLeft),
  one('cutout.bulkhead.usage', '{call}', 'Places of the bulkhead that are taken.', key => key.bulkhead?.inFlight),
  one('cutout.bulkhead.limit', '{call}', 'Places of the bulkhead.', key => key.bulkhead?.limit),
  one(
    'cutout.bulkhead.queue.usage',
    '{call}',
    'Attempts that wait for a place in the bulkhead.',
    key => key.bulkhead?.queued,
  ),
];

/** Attributes that identify a series of {@link TRANSITIONS}. */
export function attributesOfTransition({ from, to, reason }: Omit<TransitionCount, 'count'>): Attributes {
  return { 'cutout.from': underscored(from), 'cutout.to': underscored(to), 'cutout.reason': underscored(reason) };
}

function one(name: string, unit: string, description: string, read: Read): Instrument {
  return { name, unit, description, attributes: [], columns: [{ attributes: {}, read }] };
}

function several(
  name: string,
  unit: string,
  description: string,
  attribute: string,
  values: readonly (readonly [value: string, read: Read])[],
): Instrument {
  const columns = values.map(([value, read]) => ({ attributes: { [attribute]: underscored(value) }, read }));
  return { name, unit, description, attributes: [attribute], columns };
}

/** As values of attributes are written by convention. */
function underscored(word: string): string {
  return word.replaceAll('-', '_');
}
