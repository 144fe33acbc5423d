/** Reads option objects: every mistake becomes a TypeError (shape) or RangeError (value) that names the path and the value. */

import { escaped } from './escaped.ts';
import { isThenable } from './promise-like.ts';

export type Options = Readonly<Record<string, unknown>>;

export interface NumberRule {
  readonly min: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** What is expected, in words: "a positive integer". */
  readonly expected: string;
}

export const POSITIVE_INTEGER: NumberRule = { min: 1, integer: true, expected: 'a positive integer' };
export const WHOLE_NUMBER: NumberRule = { min: 0, integer: true, expected: 'zero or a positive integer' };
export const POSITIVE_MS: NumberRule = { min: Number.MIN_VALUE, expected: 'a positive number of milliseconds' };
export const FINITE_MS: NumberRule = {
  ...POSITIVE_MS,
  max: Number.MAX_VALUE,
  expected: 'a finite, positive number of milliseconds',
};

/** By what may be written in place of an option: its name, as a path from the same object, or a hint in words. */
export type Aliases = Readonly<Record<string, string>>;

/**
 * Returns the object at `path`, refusing other shapes and, where `known` is given, other keys. `path` is '' at the root.
 * `aliases`: what other keys are likely to mean.
 */
export function checkObject(
  path: string,
  value: unknown,
  known?: readonly string[],
  aliases: Aliases = NO_ALIASES,
): Options {
  if (!isPlainRecord(value)) throw new TypeError(`${path || 'options'} must be an object, got ${show(value)}`);
  for (const key of Object.keys(value)) {
    if (known && !known.includes(key)) throw new TypeError(unknownKey(path, key, known, aliases));
  }
  return value;
}

const NO_ALIASES: Aliases = {};

/** Returns the number at `path`, or `fallback` where it is not given; without a fallback it must be. */
export function checkNumber(path: string, value: unknown, rule: NumberRule, fallback?: number): number {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'number') throw new TypeError(`${path} must be ${rule.expected}, got ${show(value)}`);
  const inRange = value >= rule.min && value <= (rule.max ?? Number.POSITIVE_INFINITY);
  const whole = !rule.integer || Number.isSafeInteger(value);
  if (!inRange || !whole) throw new RangeError(`${path} must be ${rule.expected}, got ${show(value)}`);
  return value;
}

/** Returns the one of `allowed` that `path` holds, or `fallback` for `undefined`. Without a fallback a value is required. */
export function checkOneOf<T extends string>(path: string, value: unknown, allowed: readonly T[], fallback?: T): T {
  if (value === undefined && fallback !== undefined) return fallback;
  if (allowed.includes(value as T)) return value as T;
  const expected = allowed.map(name => `'${name}'`).join(', ');
  const Kind = typeof value === 'string' ? RangeError : TypeError;
  throw new Kind(`${path} must be one of ${expected}, got ${show(value)}`);
}

/** Returns the boolean at `path`, or `fallback` where none is given. */
export function checkBoolean(path: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${path} must be true or false, got ${show(value)}`);
}

/** Returns the function at `path`, or undefined where none is given. */
export function checkFunction<F>(path: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw new TypeError(`${path} must be a function, got ${show(value)}`);
}

/** The error for what cannot be called: a fault of the program, and no evidence about a host. */
export function notCallable(name: string, value: unknown): TypeError {
  return new TypeError(`${name} must be a function, got ${show(value)}`);
}

/** A copy without the keys whose value is undefined: those count as not given. */
export function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** `path.key`, without a leading dot at the root. */
export function at(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}

/**
 * A copy of plain objects and lists all the way down, so that changing the caller's own object later changes nothing.
 *
 * @param values Names of the options whose values are objects with methods: those are kept as they are. @default []
 */
export function copyOptions<T>(options: T, values: readonly string[] = []): T {
  if (Array.isArray(options)) return options.map(each => copyOptions(each, values)) as T;
  if (!isPlainRecord(options) || Object.getPrototypeOf(options) !== Object.prototype) return options;
  const copied = Object.entries(options).map(([key, value]) => {
    if (!values.includes(key)) return [key, copyOptions(value, values)];
    return [key, Array.isArray(value) ? [...value] : value];
  });
  return Object.fromEntries(copied) as T;
}

/** A short print of any value, for error messages. Never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string') return escaped(clip(JSON.stringify(value)));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return clip(`${value}n`);
  if (typeof value !== 'object' || value === null) return escaped(String(value));
  if (isThenable(value)) return 'a promise';
  try {
    return escaped(clip(JSON.stringify(value) ?? 'an object'));
  } catch {
    return 'an object';
  }
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Whether `value` is an object that may hold options: neither a list nor a promise. */
export function isPlainRecord(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('then' in value);
}

function unknownKey(path: string, key: string, known: readonly string[], aliases: Aliases): string {
  return `${at(path, escaped(clip(key)))} is not an option; ${hintFor(path, key, known, aliases)}`;
}

/** Whether an alias is the name of an option, with its value perhaps, and no hint in words. */
export function isName(alias: string): boolean {
  return /^[\w.]+(: |$)/.test(alias);
}

function hintFor(path: string, key: string, known: readonly string[], aliases: Aliases): string {
  const alias = Object.hasOwn(aliases, key) ? (aliases[key] as string) : undefined;
  if (alias) return isName(alias) ? `did you mean ${at(path, alias)}?` : alias;
  const nearest = nearestOf(known, key.toLowerCase());
  return nearest ? `did you mean ${nearest}?` : `known here: ${known.join(', ')}`;
}

/** The one that differs least, if any is close; of equals the first. */
function nearestOf(known: readonly string[], key: string): string | undefined {
  let best: { name: string; slips: number } | undefined;
  for (const name of known) {
    const slips = slipsBetween(name.toLowerCase(), key);
    if (slips !== undefined && slips < (best?.slips ?? Number.POSITIVE_INFINITY)) best = { name, slips };
  }
  return best?.name;
}

/** How far two names are apart: by how much one is longer that contains the other, or by a slip or two (Levenshtein). */
function slipsBetween(a: string, b: string): number | undefined {
  if (a.includes(b) || b.includes(a)) return Math.abs(a.length - b.length);
  if (b.length > 40) return undefined;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  const slips = row[b.length] as number;
  return slips <= 2 ? slips : undefined;
}
