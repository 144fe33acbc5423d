/** The metrics in one registry, and the policies that they read. */

import type { HttpPolicy } from '@cutout/http';
import { type CheckedSeries, PolicySeries } from '@cutout/http/series';
import { type Exposed, exposedOf } from './exposed.ts';
import type { AnyRegistry } from './options.ts';
import { type Named, promMetrics } from './prom-metrics.ts';

export class Collection {
  readonly #registry: AnyRegistry;
  readonly #series = new PolicySeries();
  readonly #metrics: readonly Named[] = promMetrics(() => this.#read());
  #exposed: Exposed | undefined;

  /** @throws Error if the registry has a metric of the same name. */
  constructor(registry: AnyRegistry) {
    this.#registry = registry;
    const other = this.#metrics.find(({ name }) => registry.getSingleMetric(name));
    if (other) throw new Error(`[@cutout/prometheus] the registry has a metric named ${other.name} already`);
    for (const { metric } of this.#metrics) registry.registerMetric(metric);
  }

  /** Whether the metrics are still in the registry, which the application may have cleared. */
  get isThere(): boolean {
    return this.#metrics.every(({ name, metric }) => this.#registry.getSingleMetric(name) === metric);
  }

  /** @throws Error if the policy is already collected. */
  add(policy: HttpPolicy, options: CheckedSeries): () => void {
    if (this.#series.has(policy)) {
      throw new Error('[@cutout/prometheus] this policy is collected in this registry already');
    }
    const end = this.#series.add(policy, options);
    return () => {
      end();
      if (this.#series.size === 0) this.#remove();
    };
  }

  #remove(): void {
    for (const { name, metric } of this.#metrics) {
      if (this.#registry.getSingleMetric(name) === metric) this.#registry.removeSingleMetric(name);
    }
  }

  /** Once per scrape: prom-client collects all its metrics synchronously. */
  #read(): Exposed {
    if (!this.#exposed) {
      this.#exposed = exposedOf(this.#series.read(), this.#series.policies());
      queueMicrotask(() => {
        this.#exposed = undefined;
      });
    }
    return this.#exposed;
  }
}
