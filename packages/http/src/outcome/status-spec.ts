/** Sets of status codes, written for people and compiled once to a table. */

import { show } from '@cutout/core/internal';
import { requireSync } from './sync-hook.ts';

type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx';
type StatusItem = number | StatusClass | `${number}-${number}` | `!${number}`;

/** `['5xx', 429, '460-463', '!501']`: exclusions win wherever they stand. Or a function of the status, which must not be async. */
export type StatusSpec = readonly StatusItem[] | ((status: number) => boolean);

export type StatusTest = (status: number) => boolean;

const LOWEST = 100;
const HIGHEST = 999;

/**
 * Compiles a spec.
 *
 * @throws TypeError for anything but a list or a function, RangeError for an item that names no status.
 */
export function compileStatusSpec(path: string, spec: unknown): StatusTest {
  if (typeof spec === 'function') return status => Boolean(requireSync(path, spec(status)));
  if (!Array.isArray(spec)) throw new TypeError(`${path} must be a list of statuses or a function, got ${show(spec)}`);
  const table = new Uint8Array(HIGHEST + 1);
  const items = spec.map((item, i) => parse(`${path}[${i}]`, item));
  for (const { from, to } of items.filter(item => item.included)) table.fill(1, from, to + 1);
  for (const { from, to } of items.filter(item => !item.included)) table.fill(0, from, to + 1);
  return status => table[status] === 1;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly included: boolean;
}

function parse(path: string, item: unknown): Range {
  if (typeof item !== 'number' && typeof item !== 'string') {
    throw new TypeError(`${path} must be a status, '5xx', '460-463' or '!501', got ${show(item)}`);
  }
  const [, not, from = '', to = from] = /^(!?)(\d{3})(?:-(\d{3}))?$/.exec(String(item)) ?? [];
  const [, family] = /^([1-5])xx$/.exec(String(item)) ?? [];
  const range = family
    ? { from: Number(family) * 100, to: Number(family) * 100 + 99, included: true }
    : { from: Number(from), to: Number(to), included: not === '' };
  if (range.from < LOWEST || range.to > HIGHEST || range.from > range.to || (not && from !== to)) {
    throw new RangeError(`${path} must be a status, '5xx', '460-463' or '!501', got ${show(item)}`);
  }
  return range;
}
