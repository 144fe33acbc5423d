/** Registers a policy's counters with prom-client. */

import type { HttpPolicy } from '@cutout/http';
import { requirePolicy } from '@cutout/http/adapter';
import { Collection } from './collection.ts';
import { type AnyRegistry, type CollectOptions, checkOptions } from './options.ts';

export type { CollectOptions } from './options.ts';

/**
 * Exposes the counters of a policy under names that begin with `cutout_`. They are read on each scrape and add no cost to
 * calls. Several policies may share a registry; their `name` is a label.
 *
 * @example
 * collectMetrics(fetch.policy);
 * const text = await register.metrics();
 *
 * @returns A function that ends the collection.
 * @throws TypeError or RangeError for invalid options; Error if this registry already collects the policy, or has a metric of
 * the same name.
 */
export function collectMetrics(policy: HttpPolicy, options: CollectOptions = {}): () => void {
  requirePolicy(policy);
  const checked = checkOptions(options);
  return collectionIn(checked.registry).add(policy, checked);
}

const collections = new WeakMap<AnyRegistry, Collection>();

function collectionIn(registry: AnyRegistry): Collection {
  const there = collections.get(registry);
  if (there?.isThere) return there;
  const collection = new Collection(registry);
  collections.set(registry, collection);
  return collection;
}
