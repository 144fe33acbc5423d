/** The options of the bulkhead that stands before every host. */

import { type AdaptiveLimitOptions, BULKHEAD_DEFAULTS } from '@cutout/core';
import { at, type CheckedBulkhead, checkBulkhead, checkNumber, show } from '@cutout/core/internal';
import { pathOf } from './hosts.ts';
import { MAX_TIMER_MS } from './sleep.ts';

export interface BulkheadRules {
  /**
   * Attempts at a time for each key: a positive integer, one that adapts itself to how they end, or `Infinity` for as
   * many as there are. An attempt counts until its body ends.
   *
   * @default Infinity
   */
  readonly maxConcurrent?: number | AdaptiveLimitOptions;
  /** With `maxConcurrent`: attempts that wait for a place, first come, first served. Zero or a positive integer. @default 0 */
  readonly maxQueue?: number;
  /** Milliseconds in the queue after which an attempt is refused. Positive. @default Infinity */
  readonly queueTimeoutMs?: number;
  /**
   * Milliseconds after the headers for which a body that nobody reads to its end keeps its place. Positive, at most
   * 2147483647.
   *
   * @default 10_000
   */
  readonly bodyHoldMs?: number;
}

export const BULKHEAD_RULE_DEFAULTS: Required<BulkheadRules> = {
  maxConcurrent: Number.POSITIVE_INFINITY,
  ...BULKHEAD_DEFAULTS,
  bodyHoldMs: 10_000,
};

export const BULKHEAD_KEYS: readonly string[] = ['maxConcurrent', 'maxQueue', 'queueTimeoutMs', 'bodyHoldMs'];

export interface BulkheadSettings extends CheckedBulkhead {
  readonly bodyHoldMs: number;
}

const HOLD_MS = {
  min: Number.MIN_VALUE,
  max: MAX_TIMER_MS,
  expected: `a positive number of milliseconds up to ${MAX_TIMER_MS}`,
};

/** Undefined where there is no limit, and so no bulkhead. @throws TypeError or RangeError. */
export function checkBulkheadRules(
  path: string,
  rules: Readonly<Record<string, unknown>>,
): BulkheadSettings | undefined {
  const { maxConcurrent = Number.POSITIVE_INFINITY } = rules;
  const unlimited = maxConcurrent === Number.POSITIVE_INFINITY;
  const checked = checkBulkhead(path, { ...rules, maxConcurrent: unlimited ? 1 : maxConcurrent });
  const { bodyHoldMs } = BULKHEAD_RULE_DEFAULTS;
  const settings = {
    ...checked,
    bodyHoldMs: checkNumber(at(path, 'bodyHoldMs'), rules['bodyHoldMs'], HOLD_MS, bodyHoldMs),
  };
  return unlimited ? undefined : settings;
}

/** A queue, or a time to hold, for places that no host has: taken in silence, they would do nothing. @throws TypeError. */
export function refuseWithoutPlaces(
  policy: BulkheadRules & { readonly hosts?: Readonly<Record<string, BulkheadRules>> },
): void {
  const groups = [['', policy], ...Object.entries(policy.hosts ?? {}).map(([name, host]) => [pathOf(name), host])];
  const all = groups as [path: string, rules: BulkheadRules & Readonly<Record<string, unknown>>][];
  if (all.some(([, { maxConcurrent }]) => maxConcurrent !== undefined)) return;
  for (const [path, rules] of all) {
    const idle = BULKHEAD_KEYS.find(key => rules[key] !== undefined);
    if (idle) throw new TypeError(`${at(path, idle)} must be given with maxConcurrent, got ${show(rules[idle])}`);
  }
}
