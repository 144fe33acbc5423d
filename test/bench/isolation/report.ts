/** The results of all adapters as a table, and whether the promises hold. */

import { median, quantile } from '../micro/statistics.ts';
import { PHASES } from './phase.ts';

/** By phase, then by round: the milliseconds of each call. */
export type Rounds = readonly (readonly number[])[][];

export interface Row {
  readonly adapter: string;
  /** Median and 99th percentile per phase, all rounds together. */
  readonly phases: readonly { readonly median: number; readonly p99: number; readonly calls: number }[];
  /** The largest 99th percentile of a round alone, divided by their median: the variation without a hanging host. */
  readonly noise: number;
}

export interface Kept {
  readonly promise: string;
  readonly holds: boolean;
  readonly seen: string;
}

/** The allowed multiple of the noise. */
const ALLOWED = 1.5;
/** The least factor without a bulkhead, below which the measurement shows nothing. */
const EXPLODES = 5;

export function rowOf(adapter: string, rounds: Rounds): Row {
  const phases = rounds.map(each => {
    const all = each.flat();
    return { median: median(all), p99: quantile(all, 0.99), calls: all.length };
  });
  const alone = (rounds[0] ?? []).map(round => quantile(round, 0.99));
  return { adapter, phases, noise: Math.max(...alone) / median(alone) };
}

export function table(rows: readonly Row[]): string {
  const head = ['', ...PHASES.map(({ name }) => name), 'noise'];
  const lines = rows.map(({ adapter, phases, noise }) => {
    const cells = phases.map(({ median, p99 }, i) => {
      const ratio = i === 0 ? '' : ` (${(p99 / (phases[0]?.p99 ?? Number.NaN)).toFixed(2)}x)`;
      return `${median.toFixed(1)} / ${p99.toFixed(1)}${ratio}`;
    });
    return [adapter, ...cells, `${noise.toFixed(2)}x`];
  });
  return [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

export function promises(rows: readonly Row[]): Kept[] {
  return rows.flatMap(({ adapter, phases, noise }) => {
    const [alone, bare, guarded] = phases.map(({ p99 }) => p99) as [number, number, number];
    const limit = ALLOWED * noise;
    return [
      {
        promise: `${adapter}: with a bulkhead the other host's p99 is within ${ALLOWED} times the noise`,
        holds: guarded / alone <= limit,
        seen: `${(guarded / alone).toFixed(2)}x, at most ${limit.toFixed(2)}x`,
      },
      {
        promise: `${adapter}: without one it is at least ${EXPLODES} times as long, so this can fail`,
        holds: bare / alone >= EXPLODES,
        seen: `${(bare / alone).toFixed(1)}x`,
      },
    ];
  });
}
