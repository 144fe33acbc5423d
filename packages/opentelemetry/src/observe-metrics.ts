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
  'cutout.retry.calls': ['{call}', 'Calls by how they ended.'],
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

const collections = new WeakMap<Meter, Collection>();

export function observeMetrics(policy: HttpPolicy, meter: Meter, labels: HostLabels): () => void {
  const collection = collections.get(meter) ?? new Collection(meter);
  collections.set(meter, collection);
  return collection.add(policy, new Reading(policy, labels));
}

/**
 * All policies on one meter. An SDK keeps the last value that it is told of a series, so what two policies of the same name
 * say of the same host is summed up before.
 */
class Collection {
  readonly #meter: Meter;
  readonly #instruments = new Map<string, Observable>();
  readonly #readings = new Map<HttpPolicy, Reading>();

  constructor(meter: Meter) {
    this.#meter = meter;
    for (const [name, [unit, description]] of Object.entries(COUNTERS))
      this.#instruments.set(name, meter.createObservableCounter(name, { unit, description }));
    for (const [name, [unit, description]] of Object.entries(LEVELS))
      this.#instruments.set(name, meter.createObservableUpDownCounter(name, { unit, description }));
  }

  /** A policy that is there already is not counted twice: the later options hold. */
  add(policy: HttpPolicy, reading: Reading): () => void {
    const all = [...this.#instruments.values()];
    if (this.#readings.size === 0) this.#meter.addBatchObservableCallback(this.#collect, all);
    this.#readings.set(policy, reading);
    return () => {
      if (this.#readings.get(policy) !== reading) return;
      this.#readings.delete(policy);
      if (this.#readings.size === 0) this.#meter.removeBatchObservableCallback(this.#collect, all);
    };
  }

  readonly #collect = (result: BatchObservableResult): void => {
    const taken = [...this.#readings.values()].flatMap(reading => reading.take());
    for (const { name, value, attributes } of summed(taken))
      result.observe(this.#instruments.get(name) as Observable, value, attributes);
  };
}

function summed<Name extends string>(samples: readonly Sample<Name>[]): Iterable<Sample<Name>> {
  const sums = new Map<string, Sample<Name>>();
  for (const sample of samples) {
    const id = `${sample.name} ${JSON.stringify(sample.attributes)}`;
    sums.set(id, { ...sample, value: sample.value + (sums.get(id)?.value ?? 0) });
  }
  return sums.values();
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
