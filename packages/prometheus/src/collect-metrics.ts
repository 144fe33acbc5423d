/** Puts what a policy counts into a registry of prom-client. */

import { checkPolicy, type HttpPolicy } from '@cutout/http';
import { Collection } from './collection.ts';
import { type AnyRegistry, type CollectOptions, checkOptions } from './options.ts';

export type { CollectOptions } from './options.ts';

/**
 * Exposes the numbers of a policy under names that begin with `cutout_`. They are read when the registry is scraped, and calls
 * pay nothing. Several policies may share a registry; their `name` is a label. Returns the function that ends it.
 *
 * @example
 * collectMetrics(fetch.policy);
 * const text = await register.metrics();
 *
 * @throws TypeError or RangeError for bad options; Error where the policy is collected in this registry already, or the registry
 * has a metric of the same name.
 */
export function collectMetrics(policy: HttpPolicy, options: CollectOptions = {}): () => void {
  checkPolicy(policy);
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
