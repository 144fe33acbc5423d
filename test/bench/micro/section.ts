/** The result of a section: its tables and promises. */

import type { Effort } from './effort.ts';

export interface Kept {
  readonly promise: string;
  readonly holds: boolean;
  readonly seen: string;
  /** Independent of the machine's load: the run fails if it does not hold. */
  readonly hard: boolean;
}

export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly kept: readonly Kept[];
}

export type Section = (effort: Effort) => Promise<Chapter>;

/** A promise about time, which a busy machine may break. */
export function timed(promise: string, holds: boolean, seen: string): Kept {
  return { promise, holds, seen, hard: false };
}

export function certain(promise: string, holds: boolean, seen: string): Kept {
  return { promise, holds, seen, hard: true };
}
