/** When a second request may be sent beside one that is slow to answer. */

import { at, checkNumber, checkObject, show, WHOLE_NUMBER } from '@cutout/core/internal';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import { LATENCIES_KEPT } from './recent-latencies.ts';

/** Either a fixed wait or a share of the recent answers decides how long the first request has. */
export interface HedgeOptions {
  /** Milliseconds that the first request has. Not with `percentile`. Positive, at most 2147483647. */
  readonly delayMs?: number;
  /**
   * The first request has as long as this share of the last 256 first requests to the key took at most, up to their
   * headers: 0.5 to 0.99. @default 0.95
   */
  readonly percentile?: number;
  /**
   * First requests to the key that must have been answered before any is hedged: zero or a positive integer up to 256, at
   * least 1 with `percentile`. @default 20, or as many as tell the percentile: 1 / (1 - percentile)
   */
  readonly minimumSamples?: number;
  /** Methods that are hedged; only safe ones can be (RFC 9110 section 9.2.1). @default ['GET'] */
  readonly methods?: readonly string[];
}

export interface ResolvedHedge {
  /** Undefined: by the percentile. */
  readonly delayMs: number | undefined;
  readonly percentile: number;
  readonly minimumSamples: number;
  readonly methods: ReadonlySet<string>;
}

export const HEDGE_DEFAULTS: Readonly<Record<'percentile' | 'minimumSamples', number>> = {
  percentile: 0.95,
  minimumSamples: 20,
};

const KEYS = ['delayMs', 'percentile', 'minimumSamples', 'methods'];
const DELAY = {
  min: Number.MIN_VALUE,
  max: MAX_TIMER_MS,
  expected: `a positive number of milliseconds up to ${MAX_TIMER_MS}`,
};
const SHARE = { min: 0.5, max: 0.99, expected: 'a number from 0.5 to 0.99' };
const SAMPLES = { ...WHOLE_NUMBER, max: LATENCIES_KEPT, expected: `an integer from 0 to ${LATENCIES_KEPT}` };
/** Both requests may arrive: what they do to the host must not matter. */
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'];

/** Checks what `hedge()` is given. @throws TypeError or RangeError, with the path and the value. */
export function checkHedge(path: string, options: unknown): ResolvedHedge {
  const given = checkObject(path, options, KEYS);
  const { delayMs, percentile } = given;
  if (delayMs !== undefined && percentile !== undefined) {
    throw new TypeError(`${at(path, 'delayMs')} must not be given with ${at(path, 'percentile')}, got ${show(given)}`);
  }
  const share = checkNumber(at(path, 'percentile'), percentile, SHARE, HEDGE_DEFAULTS.percentile);
  return {
    delayMs: delayMs === undefined ? undefined : checkNumber(at(path, 'delayMs'), delayMs, DELAY),
    percentile: share,
    minimumSamples: checkSamples(at(path, 'minimumSamples'), given['minimumSamples'], delayMs === undefined, share),
    methods: checkMethods(at(path, 'methods'), given['methods']),
  };
}

/** A percentile of too few answers is one of them. */
function checkSamples(path: string, value: unknown, byPercentile: boolean, share: number): number {
  const rule = byPercentile ? { ...SAMPLES, min: 1, expected: `a positive integer up to ${SAMPLES.max}` } : SAMPLES;
  const telling = byPercentile ? Math.round(1 / (1 - share)) : 0;
  return checkNumber(path, value, rule, Math.max(HEDGE_DEFAULTS.minimumSamples, telling));
}

function checkMethods(path: string, value: unknown = ['GET']): ReadonlySet<string> {
  if (!Array.isArray(value)) throw new TypeError(`${path} must be a list of methods, got ${show(value)}`);
  for (const [i, method] of value.entries()) {
    if (typeof method !== 'string') throw new TypeError(`${path}[${i}] must be a method, got ${show(method)}`);
    if (SAFE.includes(method.toUpperCase())) continue;
    throw new RangeError(`${path}[${i}] must be a safe method (${SAFE.join(', ')}), got ${show(method)}`);
  }
  return new Set(value.map(method => method.toUpperCase()));
}
