/** Faults of hooks, and faulty values. */

import { setTimeout as sleep } from 'node:timers/promises';

export type Hook = (...args: never[]) => unknown;

/** The values thrown by hostile hooks. */
export class Planted extends Error {
  override readonly name = 'Planted';
}

const LATER_MS = 5;
const SLOW_MS = 40;

/** Faults of a hook, by name. `good` is the valid behaviour. */
export const MISDEEDS: Readonly<Record<string, (good: Hook) => Hook>> = {
  throws: () => () => {
    throw new Planted('thrown by a hook');
  },
  'throws undefined': () => () => {
    throw undefined;
  },
  rejects: () => () => Promise.reject(new Planted('rejected by a hook')),
  'rejects later': () => async () => {
    await sleep(LATER_MS);
    throw new Planted('rejected by a hook, later');
  },
  'never settles': () => () => new Promise(() => undefined),
  'is slow':
    good =>
    async (...args) => {
      await sleep(SLOW_MS);
      return good(...args);
    },
  'returns a promise of the right thing':
    good =>
    async (...args) =>
      good(...args),
  'returns a thenable that throws': () => () => Object.defineProperty({}, 'then', { get: throwPlanted }),
  'returns undefined': () => () => undefined,
  'returns null': () => () => null,
  'returns NaN': () => () => Number.NaN,
  'returns -1': () => () => -1,
  'returns Infinity': () => () => Number.POSITIVE_INFINITY,
  'returns text': () => () => 'nonsense',
  'returns a symbol': () => () => Symbol('nonsense'),
  'returns an empty object': () => () => ({}),
  'returns a function': () => () => () => undefined,
};

function throwPlanted(): never {
  throw new Planted('thrown by a getter');
}

/** Values that no option of a plain type should accept. */
export const WRONG_VALUES: readonly unknown[] = [
  null,
  Number.NaN,
  -1,
  0,
  1.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  10n,
  '',
  'nonsense',
  true,
  false,
  Symbol('nonsense'),
  [],
  [undefined],
  {},
  { nonsense: 1 },
  Object.create(null),
  new Date(0),
  () => undefined,
  Promise.resolve(1),
];
