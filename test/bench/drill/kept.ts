/** A promise, and whether the measurement fulfils it. */

export interface Kept {
  readonly promise: string;
  readonly holds: boolean;
  readonly seen: string;
}

export function check(promise: string, against: readonly string[]): Kept {
  return { promise, holds: against.length === 0, seen: against.length === 0 ? 'in all of ours' : against.join('; ') };
}
