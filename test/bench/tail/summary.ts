/** The summary of a subject's calls. */

import { quantile, range, type Spread } from '../micro/statistics.ts';
import type { Measured } from './measure.ts';

export interface Summary {
  readonly name: string;
  readonly calls: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  /** Requests beyond one per call that reached the server, in per cent of the calls. */
  readonly extraPercent: number;
  readonly connections: number;
}

export function summaryOf({ subject, rounds, seen }: Measured): Summary {
  const waits = rounds.flat();
  const at = (share: number): number => quantile(waits, share);
  return {
    name: subject.name,
    calls: waits.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    extraPercent: 100 * (seen.requests / waits.length - 1),
    connections: seen.connections,
  };
}

/** Rounds per group: with fewer calls a hundredth of them is too few. */
export const GROUP = 4;

/**
 * The ratio of the 99th percentile with hedging to the 95th without, per group of the same rounds: disturbed rounds do not
 * decide.
 */
export function tailRatio(hedged: Measured, without: Measured): Spread {
  const ratios: number[] = [];
  for (let i = 0; i < hedged.rounds.length; i += GROUP) {
    const waits = ({ rounds }: Measured): number[] => rounds.slice(i, i + GROUP).flat();
    ratios.push(quantile(waits(hedged), 0.99) / quantile(waits(without), 0.95));
  }
  return range(ratios);
}
