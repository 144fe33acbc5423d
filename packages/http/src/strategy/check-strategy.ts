/** Checks the options that take strategies, and puts those of a host in order. */

import { show } from '@cutout/core/internal';
import type { HedgeStrategy } from '../hedge/hedge.ts';
import type { Strategy } from './strategy.ts';

/** The strategies of a host, as its calls need them. */
export interface ResolvedStrategies {
  readonly all: readonly Strategy[];
  /** Those that admit attempts, in order: the user's own first, since only what they admit needs a bulkhead permit. */
  readonly admitting: readonly Strategy[] | undefined;
  /** Those that want to know how requests ended. */
  readonly recording: readonly Strategy[];
  readonly hedge: HedgeStrategy | undefined;
  /** Keeps answers, and gives them in place of failures. */
  readonly stale: Strategy | undefined;
}

/** The factories of this package. */
export type Factory = 'bulkhead' | 'hedge';

/** On what a factory made, for another copy of this package as well. */
const MADE_BY = Symbol.for('cutout.strategy');

/** Marks and freezes what a factory returns. */
export function madeBy<S extends Strategy>(factory: Factory, strategy: S): S {
  return Object.freeze(Object.defineProperty(strategy, MADE_BY, { value: factory }));
}

/** Names of the suite's own strategies for attempts. */
const OF_ATTEMPTS = ['bulkhead', 'hedge'];
const ATTEMPT_HOOKS = ['stateFor', 'admit', 'tryAdmit', 'ended'] as const;
const CALL_HOOKS = ['createState', 'begin', 'responded', 'keep', 'answer'] as const;

/**
 * The strategy at `path`; undefined for `false` and where none is given.
 *
 * @param factory Names the function that makes it.
 * @throws TypeError for anything that this function does not return.
 */
export function checkNamed(path: string, value: unknown, factory: Factory): Strategy | undefined {
  if (value === undefined || value === false) return undefined;
  if ((value as { readonly [MADE_BY]?: string } | null)?.[MADE_BY] === factory) return value as Strategy;
  throw new TypeError(
    `${path} must be what ${factory}() returns, got ${show(value)}: import { ${factory} } from the adapter's package`,
  );
}

/**
 * The strategy that keeps answers: `staleIfError()`, or the user's own with `keep` or `answer`.
 *
 * @throws TypeError for anything else, which names the import that makes one.
 */
export function checkStale(path: string, value: unknown): Strategy | undefined {
  if (value === undefined || value === false) return undefined;
  const { keep, answer } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Strategy>;
  const keepsAnswers = typeof keep === 'function' || typeof answer === 'function';
  if (isStrategy(value) && keepsAnswers && !OF_ATTEMPTS.includes(value.name)) return value;
  throw new TypeError(
    `${path} must be what staleIfError() returns (import it from '@cutout/stale'), got ${show(value)}`,
  );
}

/** @throws TypeError for anything but a list of strategies with names of their own. */
export function checkStrategies(path: string, value: unknown = []): readonly Strategy[] {
  if (!Array.isArray(value)) throw new TypeError(`${path} must be a list of strategies, got ${show(value)}`);
  const options = [...OF_ATTEMPTS, 'stale'];
  const names = new Set(options);
  for (const [i, each] of value.entries()) {
    if (!isStrategy(each)) throw new TypeError(`${path}[${i}] must be a strategy with a name, got ${show(each)}`);
    if (names.has(each.name)) {
      const hint = options.includes(each.name) ? `: give such a strategy as the option ${each.name}` : '';
      throw new RangeError(`${path}[${i}].name must be its own, got ${show(each.name)}${hint}`);
    }
    names.add(each.name);
    for (const hook of ATTEMPT_HOOKS) {
      const given: unknown = each[hook];
      if (given === undefined || typeof given === 'function') continue;
      throw new TypeError(`${path}[${i}].${hook} must be a function, got ${show(given)}`);
    }
    const ofCalls = CALL_HOOKS.find(hook => each[hook] !== undefined);
    if (ofCalls) throw new TypeError(`${path}[${i}] must be given as stale, since it has the hook ${ofCalls}`);
  }
  return value;
}

/** Sorts them by what they do, so that a call without any pays for none. */
export function resolveStrategies(
  own: readonly Strategy[],
  named: readonly (Strategy | undefined)[],
): ResolvedStrategies {
  const all = [...own, ...named.filter(strategy => strategy !== undefined)];
  const admitting = all.filter(({ admit, tryAdmit }) => admit || tryAdmit);
  return {
    all,
    admitting: admitting.length > 0 ? admitting : undefined,
    recording: all.filter(({ ended }) => ended),
    hedge: all.find(({ name }) => name === 'hedge') as HedgeStrategy | undefined,
    stale: all.find(({ answer, keep }) => answer || keep),
  };
}

function isStrategy(value: unknown): value is Strategy {
  const { name } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Strategy>;
  return typeof name === 'string' && name !== '';
}
