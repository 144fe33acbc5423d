/** A registry with far more hosts than it may keep. */

import { BreakerRegistry } from '@cutout/core';
import { answer } from '../subjects/subject.ts';
import { retainedBytes } from './retained.ts';

export interface ManyKeys {
  /** Bytes of the registry and its content, after each of the given numbers of keys. */
  readonly bytes: readonly number[];
  readonly held: number;
  /** Nanoseconds of a `get` that creates a breaker and evicts another, and of one that finds its own. */
  readonly newNs: number;
  readonly knownNs: number;
}

const BATCH = 1_000;
const REPEATS = 1_000;

export async function manyKeys({ after }: { readonly after: readonly number[] }): Promise<ManyKeys> {
  const before = retainedBytes();
  const registry = new BreakerRegistry();
  const bytes: number[] = [];
  let host = 0;
  let spentMs = 0;
  for (const keys of after) {
    for (; host < keys; host += BATCH) spentMs += await batch(registry, host);
    bytes.push(retainedBytes() - before);
  }
  const newNs = (spentMs * 1e6) / host;
  return { bytes, held: registry.size, newNs, knownNs: timeKnown(registry, namesFrom(host - BATCH)) };
}

/** Every breaker guards a call, so each is used before its eviction. Returns the milliseconds of the gets. */
async function batch(registry: BreakerRegistry, first: number): Promise<number> {
  const names = namesFrom(first);
  const from = performance.now();
  const breakers = names.map(name => registry.get(name));
  const spent = performance.now() - from;
  for (const breaker of breakers) await breaker.execute(answer);
  return spent;
}

function timeKnown(registry: BreakerRegistry, names: readonly string[]): number {
  const from = performance.now();
  let found = 0;
  for (let i = 0; i < REPEATS; i++) for (const name of names) found += registry.get(name).key.length;
  if (found === 0) throw new Error('no breaker was found');
  return ((performance.now() - from) * 1e6) / (REPEATS * names.length);
}

function namesFrom(first: number): string[] {
  return Array.from({ length: BATCH }, (_, i) => `https://host-${first + i}.example`);
}
