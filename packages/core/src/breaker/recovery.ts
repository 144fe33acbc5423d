/** Soft recovery: a host that has just come back gets a growing share of the calls, not the whole herd at once. */

import { at, checkNumber, checkObject, FINITE_MS } from '../common/check.ts';

export interface RecoveryOptions {
  /** Milliseconds after closing within which the share grows to all calls: positive and finite. */
  readonly durationMs: number;
  /** The share of calls let through right after closing: above 0, up to 1. @default 0.1 */
  readonly initialShare?: number;
}

export const RECOVERY_DEFAULTS = { initialShare: 0.1 } as const;

const SHARE = { min: Number.MIN_VALUE, max: 1, expected: 'a number above 0 and up to 1' };

export function checkRecovery(path: string, value: unknown): Required<RecoveryOptions> | undefined {
  if (value === undefined) return undefined;
  const { durationMs, initialShare } = checkObject(path, value, ['durationMs', 'initialShare']);
  return {
    durationMs: checkNumber(at(path, 'durationMs'), durationMs, FINITE_MS),
    initialShare: checkNumber(at(path, 'initialShare'), initialShare, SHARE, RECOVERY_DEFAULTS.initialShare),
  };
}

/**
 * Lets the share `initialShare + (1 - initialShare) * elapsed / durationMs` of the calls through, spread evenly: each
 * call adds the share of its moment to a credit, and a call costs 1. No chance is involved.
 */
export class Ramp {
  readonly #options: Required<RecoveryOptions>;
  readonly #startedAt: number;
  /** The first call is let through. */
  #credit = 1;

  constructor(options: Required<RecoveryOptions>, startedAt: number) {
    this.#options = options;
    this.#startedAt = startedAt;
  }

  share(now: number): number {
    const { durationMs, initialShare } = this.#options;
    return Math.min(1, initialShare + ((1 - initialShare) * (now - this.#startedAt)) / durationMs);
  }

  /** Milliseconds until every call is let through. */
  remainingMs(now: number): number {
    return Math.max(0, this.#startedAt + this.#options.durationMs - now);
  }

  /** Whether the next call is admitted. Counts as that call. */
  admits(now: number): boolean {
    if (this.#credit < 1) this.#credit += this.share(now);
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}
