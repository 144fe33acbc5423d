/** Writes measured values into the text of the table of ceilings. */

import type { Count } from './measure.ts';

/** For bytes: memory varies with what the compiler has optimised, and bundles with every small edit. */
const MARGIN = 1.05;

type CountedNow = Pick<Count, 'id' | 'unit' | 'value' | 'ceiling'>;

/**
 * @param how `lower` keeps each ceiling that is already as low; `set` also raises those that are too low.
 * @throws RangeError for a count without a ceiling in the text.
 */
export function withCeilings(text: string, counts: readonly CountedNow[], how: 'lower' | 'set'): string {
  let written = text;
  for (const count of counts) {
    if (count.ceiling === undefined) continue;
    const next = how === 'set' ? ceilingOf(count) : Math.min(count.ceiling, ceilingOf(count));
    written = withCeiling(written, count.id, next);
  }
  return written;
}

const ceilingOf = ({ unit, value }: CountedNow): number => Math.ceil(unit.startsWith('bytes') ? value * MARGIN : value);

function withCeiling(text: string, id: string, ceiling: number): string {
  const start = text.indexOf(`'${id}': {`);
  const row = /ceiling: [\d_]+/.exec(text.slice(start));
  if (start < 0 || !row) throw new RangeError(`there is no ceiling for "${id}"`);
  const at = start + row.index;
  return `${text.slice(0, at)}ceiling: ${grouped(ceiling)}${text.slice(at + row[0].length)}`;
}

const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, '_');
