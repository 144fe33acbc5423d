/** The command line of the benchmark. */

import { parseArgs } from 'node:util';
import { type Effort, FULL, QUICK } from './effort.ts';
import { type Letter, SECTIONS } from './sections/all.ts';

export interface Options {
  readonly only: readonly Letter[];
  readonly effort: Effort;
  /** Whether the run is complete and updates the documentation. */
  readonly publish: boolean;
}

const LETTERS = Object.keys(SECTIONS) as Letter[];

export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({ args, options: { only: { type: 'string' }, quick: { type: 'boolean' } } });
  const only = values.only === undefined ? LETTERS : values.only.split(',').map(toLetter);
  return { only, effort: values.quick ? QUICK : FULL, publish: values.only === undefined && !values.quick };
}

function toLetter(text: string): Letter {
  const letter = LETTERS.find(each => each === text.trim().toUpperCase());
  if (!letter) throw new RangeError(`--only must name sections out of ${LETTERS.join(', ')}, got "${text}"`);
  return letter;
}
