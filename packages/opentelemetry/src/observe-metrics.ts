/** Observable instruments over a policy's counters: nothing is done before somebody collects them. */

import { Harmless } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import {
  type CheckedSeries,
  COUNTERS,
  LEVELS,
  POLICY_COUNTERS,
  POLICY_LEVELS,
  PolicySeries,
} from '@cutout/http/series';
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';

const collections = new WeakMap<Meter, Collection>();

export function observeMetrics(policy: HttpPolicy, meter: Meter, options: CheckedSeries): () => void {
  const collection = collections.get(meter) ?? new Collection(meter);
  collections.set(meter, collection);
  return collection.add(policy, options);
}

/** All policies on one meter: an SDK keeps only the last value that it is told of a series, so they are summed before. */
class Collection {
  readonly #meter: Meter;
  readonly #instruments: ReadonlyMap<string, Observable>;
  readonly #series = new PolicySeries();
  readonly #harmless = new Harmless('[@cutout/opentelemetry] the meter failed');

  constructor(meter: Meter) {
    this.#meter = meter;
    const counters = [...COUNTERS, ...POLICY_COUNTERS].map(({ name, unit, description }) => {
      return [name, meter.createObservableCounter(name, { unit, description })] as const;
    });
    const levels = [...LEVELS, ...POLICY_LEVELS].map(({ name, unit, description, highest }) => {
      const settings = { unit, description };
      // What is no sum must not be summed by anybody further on.
      const level = highest
        ? meter.createObservableGauge(name, settings)
        : meter.createObservableUpDownCounter(name, settings);
      return [name, level] as const;
    });
    this.#instruments = new Map<string, Observable>([...counters, ...levels]);
  }

  add(policy: HttpPolicy, options: CheckedSeries): () => void {
    const all = [...this.#instruments.values()];
    if (this.#series.size === 0) this.#harmless.call(() => this.#meter.addBatchObservableCallback(this.#collect, all));
    const end = this.#series.add(policy, options);
    return () => {
      end();
      if (this.#series.size > 0) return;
      this.#harmless.call(() => this.#meter.removeBatchObservableCallback(this.#collect, all));
    };
  }

  readonly #collect = (result: BatchObservableResult): void => {
    for (const { attributes: host, samples } of [...this.#series.read(), ...this.#series.policies()]) {
      for (const { name, attributes, value } of samples) {
        const instrument = this.#instruments.get(name) as Observable;
        this.#harmless.call(() => result.observe(instrument, value, { ...host, ...attributes }));
      }
    }
  };
}
