/** The metrics in one registry, and the policies they are read from. */

import type { HttpPolicy } from '@cutout/http';
import { Ledger } from './ledger.ts';
import type { AnyRegistry, CheckedOptions } from './options.ts';
import { type Named, promMetrics } from './prom-metrics.ts';
import { type Series, seriesOf } from './series.ts';

export class Collection {
  readonly #registry: AnyRegistry;
  readonly #ledgers = new Map<HttpPolicy, Ledger>();
  readonly #metrics: readonly Named[] = promMetrics(() => this.#read());
  #series: Series | undefined;

  /** @throws Error where the registry has a metric of the same name. */
  constructor(registry: AnyRegistry) {
    this.#registry = registry;
    const other = this.#metrics.find(({ name }) => registry.getSingleMetric(name));
    if (other) throw new Error(`[@cutout/prometheus] the registry has a metric named ${other.name} already`);
    for (const { metric } of this.#metrics) registry.registerMetric(metric);
  }

  /** Whether the metrics still stand in the registry, which somebody may have cleared. */
  get isThere(): boolean {
    return this.#metrics.every(({ name, metric }) => this.#registry.getSingleMetric(name) === metric);
  }

  /** @throws Error where the policy is read already. */
  add(policy: HttpPolicy, options: CheckedOptions): () => void {
    if (this.#ledgers.has(policy)) {
      throw new Error('[@cutout/prometheus] this policy is collected in this registry already');
    }
    const ledger = new Ledger(policy, options);
    this.#ledgers.set(policy, ledger);
    return () => {
      if (this.#ledgers.get(policy) === ledger) this.#remove(policy);
    };
  }

  #remove(policy: HttpPolicy): void {
    this.#ledgers.delete(policy);
    if (this.#ledgers.size > 0) return;
    for (const { name, metric } of this.#metrics) {
      if (this.#registry.getSingleMetric(name) === metric) this.#registry.removeSingleMetric(name);
    }
  }

  /** Once per scrape: prom-client asks all its metrics in one go, before anything else runs. */
  #read(): Series {
    if (!this.#series) {
      this.#series = seriesOf([...this.#ledgers.values()].flatMap(ledger => [...ledger.read()]));
      queueMicrotask(() => {
        this.#series = undefined;
      });
    }
    return this.#series;
  }
}
