/** Client-side throttling: the fewer of its calls a host answers well, the fewer it is sent. */

import { at, checkNumber, checkObject, FINITE_MS, WHOLE_NUMBER } from '../common/check.ts';
import { BUCKETS_BY_DEFAULT, TimeWindow } from '../trip/time-window.ts';

export interface ThrottleOptions {
  /**
   * Calls per good answer that are still sent, K in the book: at least 1. Lower refuses earlier.
   * @default 2
   */
  readonly k?: number;
  /** Milliseconds that are looked at; longer than the longest timeout, or calls are forgotten unanswered. @default 120_000 */
  readonly windowMs?: number;
  /** Calls in the window before any is refused: zero or a positive integer. @default 20 */
  readonly minimumCalls?: number;
  /** The share of calls that is let through whatever happens, so that recovery is seen: above 0, up to 1. @default 0.05 */
  readonly minShare?: number;
}

export const THROTTLE_DEFAULTS = { k: 2, windowMs: 120_000, minimumCalls: 20, minShare: 0.05 } as const;

const K = { min: 1, max: Number.MAX_VALUE, expected: 'a finite number of at least 1' };
const SHARE = { min: Number.MIN_VALUE, max: 1, expected: 'a number above 0 and up to 1' };

export function checkThrottle(path: string, value: unknown): Required<ThrottleOptions> | undefined {
  if (value === undefined) return undefined;
  const given = checkObject(path, value, Object.keys(THROTTLE_DEFAULTS));
  const { k, windowMs, minimumCalls, minShare } = THROTTLE_DEFAULTS;
  return {
    k: checkNumber(at(path, 'k'), given['k'], K, k),
    windowMs: checkNumber(at(path, 'windowMs'), given['windowMs'], FINITE_MS, windowMs),
    minimumCalls: checkNumber(at(path, 'minimumCalls'), given['minimumCalls'], WHOLE_NUMBER, minimumCalls),
    minShare: checkNumber(at(path, 'minShare'), given['minShare'], SHARE, minShare),
  };
}

/** Calls requested, including those refused here, and calls that were answered well. */
export interface ThrottleReading {
  readonly requests: number;
  readonly accepts: number;
  /** The share of calls refused at present. */
  readonly refused: number;
}

/**
 * Refuses a call with the probability `max(0, (requests - K * accepts) / (requests + 1))`, where requests count when
 * they are made and accepts when they are answered, both at the time of the request.
 *
 * @see https://sre.google/sre-book/handling-overload/ "Client-side throttling"
 */
export class Throttle {
  readonly #options: Required<ThrottleOptions>;
  readonly #requests: TimeWindow;
  readonly #accepts: TimeWindow;

  constructor(options: Required<ThrottleOptions>, earlier?: Throttle) {
    this.#options = options;
    const [requests, accepts] = earlier && earlier.#options.windowMs === options.windowMs ? earlier.#windows : [];
    this.#requests = requests ?? new TimeWindow(options.windowMs, BUCKETS_BY_DEFAULT);
    this.#accepts = accepts ?? new TimeWindow(options.windowMs, BUCKETS_BY_DEFAULT);
  }

  get #windows(): readonly [TimeWindow, TimeWindow] {
    return [this.#requests, this.#accepts];
  }

  /** Whether the next call is admitted. Counts as that call. */
  admits(now: number, random: () => number): boolean {
    const refused = this.#refusedShare(now);
    this.#requests.add(0, now, now);
    return refused === 0 || random() >= refused;
  }

  accepted(askedAt: number, now: number): void {
    this.#accepts.add(0, askedAt, now);
  }

  /** Its body broke after all. */
  revoked(askedAt: number): void {
    this.#accepts.remove(this.#accepts.placeOf(askedAt), 0);
  }

  /** No evidence: the request is uncounted. */
  ignored(askedAt: number): void {
    this.#requests.remove(this.#requests.placeOf(askedAt), 0);
  }

  reading(now: number): ThrottleReading {
    const requests = this.#requests.totals(now).calls;
    const accepts = this.#accepts.totals(now).calls;
    return { requests, accepts, refused: this.#refusedShare(now) };
  }

  /** Milliseconds until a part of the window is forgotten. */
  get stepMs(): number {
    return this.#options.windowMs / BUCKETS_BY_DEFAULT;
  }

  #refusedShare(now: number): number {
    const { k, minimumCalls, minShare } = this.#options;
    const requests = this.#requests.totals(now).calls;
    if (requests < minimumCalls) return 0;
    const share = (requests - k * this.#accepts.totals(now).calls) / (requests + 1);
    return Math.min(1 - minShare, Math.max(0, share));
  }
}
