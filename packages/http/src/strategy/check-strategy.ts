/** Checks options whose value is made by a factory. */

import { show } from '@cutout/core/internal';
import type { Strategy } from './strategy.ts';

/** What an option takes. */
export interface StrategyOption {
  /** Of the strategies that it takes. */
  readonly name: string;
  /** The factory that makes them. */
  readonly factory: string;
  /** The package that exports the factory. */
  readonly from: string;
}

/** The option `stale`. */
export const STALE: StrategyOption = { name: 'stale', factory: 'staleIfError', from: '@cutout/stale' };

/**
 * Returns the strategy at `path`; undefined for `false` and where none is given.
 *
 * @throws TypeError for anything else, which names the import that makes one.
 */
export function checkStrategy(path: string, value: unknown, option: StrategyOption): Strategy | undefined {
  if (value === undefined || value === false) return undefined;
  if (isStrategy(value, option)) return value;
  const { factory, from } = option;
  throw new TypeError(`${path} must be what ${factory}() returns (import it from '${from}'), got ${show(value)}`);
}

/** By its shape, so that two copies of a package mix, and users can write their own. */
function isStrategy(value: unknown, { name }: StrategyOption): value is Strategy {
  const own = (typeof value === 'object' && value !== null ? value : {}) as Partial<Strategy>;
  return own.name === name && (typeof own.keep === 'function' || typeof own.answer === 'function');
}
