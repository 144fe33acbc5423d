/** The failure of a fallback that cannot carry what led to it. */

import { show } from './check.ts';
import { escaped } from './escaped.ts';

/**
 * Wraps what a fallback threw where that is no Error, is frozen, or has a `cause` of its own. Its `cause` is the failure or the
 * refusal that the fallback replaces.
 */
export class FallbackError extends Error {
  override readonly name: string = 'FallbackError';
  readonly code: string = 'ERR_FALLBACK_FAILED';
  /** What the fallback threw, as it is. */
  readonly thrown: unknown;

  constructor(thrown: unknown, cause: unknown) {
    super(`[@cutout/core] the fallback failed: ${messageOf(thrown)}`, { cause });
    this.thrown = thrown;
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? escaped(String(thrown.message)) : show(thrown);
}
