/** Observable instruments over a policy's counters. They do nothing until collected. */

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

/** The policies on one meter. Their values are summed here, since an SDK keeps only the last value observed per series. */
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
      // A gauge, so that no consumer sums it.
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
