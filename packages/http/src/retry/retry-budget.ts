/** How many retries a host may cost: a share of the calls to it, and a small reserve for hosts that are called seldom. */

import { at, checkNumber, checkObject } from '@cutout/core/internal';

/** After Finagle's RetryBudget (twitter.github.io/finagle, `RetryBudget`), with a reserve that is used up and refilled. */
export interface RetryBudgetOptions {
  /** Retries that each first attempt pays for: 0 to 10. @default 0.2 */
  readonly ratio?: number;
  /** Retries per second that cost nothing: 0 to 1_000_000. The reserve holds those of `ttlMs`. @default 1 */
  readonly minRetriesPerSecond?: number;
  /** Milliseconds for which a first attempt can pay: 10 to 3_600_000. Kept to a tenth of it. @default 10_000 */
  readonly ttlMs?: number;
}

export const BUDGET_DEFAULTS: Required<RetryBudgetOptions> = { ratio: 0.2, minRetriesPerSecond: 1, ttlMs: 10_000 };

const RANGES = {
  ratio: { min: 0, max: 10, expected: 'a number from 0 to 10' },
  minRetriesPerSecond: { min: 0, max: 1_000_000, expected: 'a number from 0 to 1000000' },
  ttlMs: { min: 10, max: 3_600_000, expected: 'a number of milliseconds from 10 to 3600000' },
} as const;

/** Checks the `retry.budget` option; undefined where it is switched off. @throws TypeError or RangeError. */
export function checkBudget(path: string, option: unknown = {}): Required<RetryBudgetOptions> | undefined {
  if (option === false) return undefined;
  const given = checkObject(path, option, Object.keys(RANGES));
  const value = (name: keyof typeof RANGES): number =>
    checkNumber(at(path, name), given[name], RANGES[name], BUDGET_DEFAULTS[name]);
  return { ratio: value('ratio'), minRetriesPerSecond: value('minRetriesPerSecond'), ttlMs: value('ttlMs') };
}

/** What one retry costs. All amounts are whole millionths of a retry, so that no rounding ever makes one more. */
const RETRY = 1_000_000;
const SLICES = 10;

export class RetryBudget {
  readonly #perCall: number;
  readonly #perMs: number;
  readonly #reserveMax: number;
  readonly #sliceMs: number;
  /** Deposits by the slice of time in which they were made; slice n is at index n modulo their number. */
  readonly #slices: number[] = Array(SLICES).fill(0);
  #deposited = 0;
  #slice: number;
  #reserve: number;
  #refilledAt: number;

  constructor({ ratio, minRetriesPerSecond, ttlMs }: Required<RetryBudgetOptions>, now: number) {
    this.#perCall = Math.round(ratio * RETRY);
    this.#perMs = Math.round((minRetriesPerSecond * RETRY) / 1_000);
    this.#reserveMax = Math.round(this.#perMs * ttlMs);
    this.#sliceMs = ttlMs / SLICES;
    this.#reserve = this.#reserveMax;
    this.#refilledAt = Math.floor(now);
    this.#slice = Math.floor(now / this.#sliceMs);
  }

  /** A first attempt was made. */
  deposit(now: number): void {
    this.#advance(now);
    this.#put(this.#perCall);
  }

  /** Pays for one retry; false where there is not enough left. */
  take(now: number): boolean {
    this.#advance(now);
    if (this.#deposited + this.#reserve < RETRY) return false;
    this.#reserve -= RETRY - this.#spendOldest(RETRY);
    return true;
  }

  /** A retry that was paid for was not made. */
  giveBack(now: number): void {
    this.#advance(now);
    const room = Math.min(RETRY, this.#reserveMax - this.#reserve);
    this.#reserve += room;
    this.#put(RETRY - room);
  }

  /** Whole retries that could be paid for. */
  left(now: number): number {
    this.#advance(now);
    return Math.floor((this.#deposited + this.#reserve) / RETRY);
  }

  #put(amount: number): void {
    this.#slices[this.#slice % SLICES] = (this.#slices[this.#slice % SLICES] as number) + amount;
    this.#deposited += amount;
  }

  /** What expires first is spent first. Returns how much of `amount` the deposits covered. */
  #spendOldest(amount: number): number {
    let left = amount;
    for (let age = SLICES - 1; age >= 0 && left > 0; age--) {
      const at = (this.#slice + SLICES - age) % SLICES;
      const part = Math.min(left, this.#slices[at] as number);
      this.#slices[at] = (this.#slices[at] as number) - part;
      left -= part;
    }
    this.#deposited -= amount - left;
    return amount - left;
  }

  #advance(now: number): void {
    const slice = Math.floor(now / this.#sliceMs);
    if (slice > this.#slice) this.#expire(slice);
    const ms = Math.floor(now) - this.#refilledAt;
    if (ms <= 0) return;
    this.#reserve = Math.min(this.#reserveMax, this.#reserve + ms * this.#perMs);
    this.#refilledAt += ms;
  }

  #expire(slice: number): void {
    for (let gone = Math.max(this.#slice + 1, slice - SLICES + 1); gone <= slice; gone++) {
      this.#deposited -= this.#slices[gone % SLICES] as number;
      this.#slices[gone % SLICES] = 0;
    }
    this.#slice = slice;
  }
}
