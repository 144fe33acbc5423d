/** What trips read, as plain data for explanations. */

import type { WindowBucket } from './window-bucket.ts';

export type TripReading = ConsecutiveReading | RateReading | AdaptiveReading | CustomReading;

export interface ConsecutiveReading {
  readonly type: 'consecutive';
  readonly failures: number;
  /** Failures in a row that open the circuit. */
  readonly limit: number;
}

export interface RateReading {
  readonly type: 'rate';
  readonly window:
    | { readonly type: 'count'; readonly size: number }
    | { readonly type: 'time'; readonly durationMs: number };
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
  /**
   * The same calls, oldest first: in a window of time its steps, neighbours joined to at most 60, whether or not there
   * were calls; in one of calls those there are, joined to at most 20 groups. The oldest may be joined of fewer.
   */
  readonly buckets: readonly WindowBucket[];
  readonly minimumCalls: number;
  /** The shares that open the circuit. */
  readonly failureRatio: number;
  readonly slowRatio?: number;
}

export interface AdaptiveReading {
  readonly type: 'adaptive';
  readonly windowMs: number;
  readonly calls: number;
  readonly failed: number;
  /** The same calls by the ten steps of the window, oldest first; `slow` is 0. */
  readonly buckets: readonly WindowBucket[];
  /** The geometric mean of the recent calls; undefined without any. */
  readonly latencyMs?: number;
  readonly minimumCalls: number;
  /** What is normal; undefined until enough has been seen. */
  readonly normal?: { readonly calls: number; readonly failureRatio: number; readonly latencyMs?: number };
}

/** Of a trip that the application wrote. */
export interface CustomReading {
  readonly type: 'custom';
  readonly name: string;
  /** What its `describe()` returned, if it has one. */
  readonly description?: string;
}
