/** Observable instruments over a policy's counters: nothing is done before somebody collects them. */

import type { HttpPolicy } from '@cutout/http';
import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { HostLabels } from './host-labels.ts';
import { Ledger, sumsOf } from './ledger.ts';
import { type CounterName, countersOf, type LevelName, levelsOf, type Sample } from './samples.ts';

/** Names, units and meanings. They follow the status metric guide and the naming rules of the OpenTelemetry conventions. */
const COUNTERS: Readonly<Record<CounterName, readonly [unit: string, description: string]>> = {
  'cutout.breaker.calls': ['{call}', 'Attempts by what they said of the host, and those refused.'],
  'cutout.breaker.transitions': ['{transition}', 'Changes of state.'],
  'cutout.breaker.open.time': ['s', 'Time spent open.'],
  'cutout.calls': ['{call}', 'Calls by how they ended.'],
  'cutout.retries': ['{retry}', 'Further attempts.'],
  'cutout.retries.refused': ['{retry}', 'Further attempts that were not made, by what stood against them.'],
  'cutout.hedges': ['{request}', 'Second requests beside a slow first one: sent, won, refused.'],
  'cutout.fallbacks': ['{call}', 'Calls that a fallback has answered.'],
  'cutout.stale_answers': ['{call}', 'Calls that the last good answer has answered.'],
  'cutout.bulkhead.rejected': ['{call}', 'Attempts that found no place in the bulkhead.'],
};

const LEVELS: Readonly<Record<LevelName, readonly [unit: string, description: string]>> = {
  'cutout.breaker.status': ['1', '1 for the state that the circuit is in, 0 for the others.'],
  'cutout.retry.budget.left': ['{retry}', 'Retries that could be paid for.'],
  'cutout.bulkhead.usage': ['{call}', 'Attempts that have a place.'],
  'cutout.bulkhead.limit': ['{call}', 'Places.'],
  'cutout.bulkhead.queue.usage': ['{call}', 'Attempts that wait for one.'],
};

export function observeMetrics(policy: HttpPolicy, meter: Meter, labels: HostLabels): () => void {
  const instruments = new Map<string, Observable>();
  for (const [name, [unit, description]] of Object.entries(COUNTERS))
    instruments.set(name, meter.createObservableCounter(name, { unit, description }));
  for (const [name, [unit, description]] of Object.entries(LEVELS))
    instruments.set(name, meter.createObservableUpDownCounter(name, { unit, description }));
  const reading = new Reading(policy, labels);
  const collect = (result: BatchObservableResult): void => {
    for (const { name, value, attributes } of reading.take())
      result.observe(instruments.get(name) as Observable, value, attributes);
  };
  const all = [...instruments.values()];
  meter.addBatchObservableCallback(collect, all);
  return () => meter.removeBatchObservableCallback(collect, all);
}

class Reading {
  readonly #policy: HttpPolicy;
  readonly #labels: HostLabels;
  readonly #counters = new Ledger<CounterName>();

  constructor(policy: HttpPolicy, labels: HostLabels) {
    this.#policy = policy;
    this.#labels = labels;
  }

  take(): Sample<CounterName | LevelName>[] {
    const { keys } = this.#policy.metrics();
    const levels: [Attributes, Sample<LevelName>[]][] = [];
    for (const metrics of keys) {
      const host = this.#labels.of(metrics.key);
      this.#counters.add(metrics.key, host, countersOf(metrics));
      levels.push([host, levelsOf(metrics)]);
    }
    this.#counters.keepOnly(new Set(keys.map(({ key }) => key)));
    return [...this.#counters.series, ...sumsOf(levels)];
  }
}
