/** Tables of options: how to draw each, valid or faulty. */

import type { Chance } from './chance.ts';
import { type Hook, MISDEEDS, WRONG_VALUES } from './hostile.ts';

/** How to draw one option. */
export interface Entry {
  /** The share of valid draws that include it. */
  readonly share: number;
  draw(chance: Chance): unknown;
  /** Every faulty way to draw it. */
  readonly ways: readonly Way[];
}

/** One faulty value. */
export interface Way {
  readonly name: string;
  /** The faulty value, from the drawn one. */
  apply(drawn: unknown, chance: Chance): unknown;
}

/** An entry for each member: a member without one is a compile error. */
export type EntriesOf<T> = { readonly [K in keyof Required<T>]: Entry };

type Fields = Readonly<Record<string, unknown>>;
type Draw = (chance: Chance) => unknown;

const SHARE = 0.3;

/** An option with a value. `edges` may be valid or not; neither may crash. */
export function value(draw: Draw, ...edges: readonly unknown[]): Entry {
  const bad = [...WRONG_VALUES, ...edges];
  return { share: SHARE, draw, ways: bad.map(each => ({ name: `= ${shown(each)}`, apply: () => each })) };
}

export function oneOf(values: readonly unknown[], ...edges: readonly unknown[]): Entry {
  return value(chance => chance.pick(values), ...edges);
}

export function integer(least: number, most: number): Entry {
  return value(chance => chance.integer(least, most));
}

export function share(): Entry {
  return value(chance => 0.5 + chance.next() / 2.1);
}

/** A hook, with every fault of hooks, and with values that are not functions. */
export function hook(good: Hook): Entry {
  const misdeeds = Object.entries(MISDEEDS).map(([name, make]): Way => ({ name, apply: () => make(good) }));
  const wrong = WRONG_VALUES.filter(each => typeof each !== 'function');
  return {
    share: SHARE,
    draw: () => good,
    ways: [...misdeeds, ...wrong.map((each): Way => ({ name: `= ${shown(each)}`, apply: () => each }))],
  };
}

/** Nested options. `required`: always drawn. */
export function group<T>(
  entries: { readonly [K in keyof T]: Entry },
  required: readonly (keyof T & string)[] = [],
): Entry {
  const all = Object.entries(entries) as [string, Entry][];
  const draw = (chance: Chance): Fields =>
    Object.fromEntries(
      all
        .filter(([key, entry]) => chance.split(`has ${key}`).odds(required.includes(key as never) ? 1 : entry.share))
        .map(([key, entry]) => [key, entry.draw(chance.split(key))]),
    );
  const over = (drawn: unknown, chance: Chance): Fields => (isPlain(drawn) ? drawn : draw(chance));
  const inside = all.flatMap(([key, entry]) =>
    entry.ways.map(
      (way): Way => ({
        name: `${key} ${way.name}`,
        apply: (drawn, chance) => {
          const fields = over(drawn, chance);
          return { ...fields, [key]: way.apply(fields[key], chance.split(key)) };
        },
      }),
    ),
  );
  const unknown: Way = { name: 'nonsense', apply: (drawn, chance) => ({ ...over(drawn, chance), nonsense: 1 }) };
  return { share: SHARE, draw, ways: [...inside, unknown] };
}

/** Any of several forms. */
export function either(...forms: readonly Entry[]): Entry {
  const ways = forms.flatMap((form, i) =>
    form.ways.map(
      ({ name, apply }): Way => ({ name, apply: (_drawn, chance) => apply(undefined, chance.split(`${i}`)) }),
    ),
  );
  return { share: SHARE, draw: chance => chance.pick(forms).draw(chance.split('form')), ways };
}

export function listOf(entry: Entry): Entry {
  return {
    share: SHARE,
    draw: chance => [entry.draw(chance)],
    ways: entry.ways.map(({ name, apply }) => ({
      name: `[0] ${name}`,
      apply: (_drawn, chance) => [apply(undefined, chance)],
    })),
  };
}

/** A record whose keys the user chooses. */
export function named(names: readonly string[], entry: Entry): Entry {
  return group(Object.fromEntries(names.map(name => [name, entry])));
}

/** An object built from drawn options, such as a registry. */
export function made(entry: Entry, make: (drawn: never) => unknown): Entry {
  return {
    share: SHARE,
    draw: chance => make(entry.draw(chance) as never),
    ways: [
      ...value(() => undefined).ways,
      ...entry.ways.map(({ name, apply }) => ({
        name,
        apply: (_drawn: unknown, chance: Chance) => make(apply(undefined, chance) as never),
      })),
    ],
  };
}

/** Drawn only with faults: a valid value would exclude another option, or have no effect here. */
export function seldom(entry: Entry): Entry {
  return { ...entry, share: 0 };
}

function isPlain(drawn: unknown): drawn is Fields {
  return typeof drawn === 'object' && drawn !== null && Object.getPrototypeOf(drawn) === Object.prototype;
}

function shown(each: unknown): string {
  if (typeof each === 'string') return `'${each}'`;
  if (typeof each === 'function') return 'a function';
  if (each instanceof Promise) return 'a promise';
  if (Array.isArray(each)) return `[${each.map(shown)}]`;
  if (typeof each === 'object' && each !== null) return `{ ${Object.keys(each)} }`;
  return String(each);
}

/** Without the faults of these names. */
export function except(entry: Entry, ...names: readonly string[]): Entry {
  return { ...entry, ways: entry.ways.filter(({ name }) => !names.includes(name)) };
}
