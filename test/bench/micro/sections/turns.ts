/** Has every subject measured in several processes, by turns, so that a slow minute of the machine hits all of them. */

import type { Timed } from '../jobs/in-turns.ts';
import { median, range, type Spread } from '../statistics.ts';

export interface Row<N extends string> {
  readonly name: N;
  readonly ns: number;
  readonly bareNs: number;
  /** Beyond the bare call: the middle, the least and the greatest of the processes. */
  readonly ownNs: Spread;
  /** To the bare call of the same process: the middle, the least and the greatest of the processes. */
  readonly ratio: Spread;
}

export async function byTurns<N extends string>(
  names: readonly N[],
  processes: number,
  measure: (name: N) => Promise<Timed>,
): Promise<Row<N>[]> {
  const seen = new Map(names.map(name => [name, [] as Timed[]]));
  for (let turn = 0; turn < processes; turn++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + turn) % names.length] as N;
      seen.get(name)?.push(await measure(name));
    }
  }
  return [...seen].map(([name, all]) => ({
    name,
    ns: median(all.map(each => each.ns)),
    bareNs: median(all.map(each => each.bareNs)),
    ownNs: range(all.map(each => each.ownNs)),
    ratio: range(all.map(each => each.ratio)),
  }));
}

/** The ratio of the subject of this name. */
export function ratioOf<N extends string>(rows: readonly Row<N>[], name: N): number {
  const row = rows.find(each => each.name === name);
  if (!row) throw new RangeError(`there is no row "${name}"`);
  return row.ratio.middle;
}
