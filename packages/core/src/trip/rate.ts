/** The rate trip: opens at a share of recent calls that failed or were slow. */

import { RATE_WORDS } from '../common/aliases.ts';
import {
  type Aliases,
  at,
  checkNumber,
  checkObject,
  checkOneOf,
  FINITE_MS,
  POSITIVE_INTEGER,
} from '../common/check.ts';
import type { Clock } from '../common/clock.ts';
import { percent } from '../common/percent.ts';
import { type BuiltInTrip, builtInTrip } from './built-in-trip.ts';
import { CountWindow } from './count-window.ts';
import type { Admitted, Evidence, PeriodCounter } from './period-counter.ts';
import type { RateReading } from './readings.ts';
import { RequestedWaits } from './requested-waits.ts';
import { BUCKETS_BY_DEFAULT, TimeWindow } from './time-window.ts';
import { FAILED, NOWHERE, type Place, SLOW, type Window } from './window.ts';

export interface RateOptions {
  /** The share of failures that opens the circuit: above 0, up to 1. Reached is enough. @default 0.5 */
  readonly failureRatio?: number;
  /** Completed calls in the window before anything is judged: a positive integer, at most the size of a count window. */
  readonly minimumCalls: number;
  readonly window: CountWindowOptions | TimeWindowOptions;
  /** Also judges how long calls take, those in flight included. None by default. */
  readonly slowCall?: SlowCallOptions;
}

export interface CountWindowOptions {
  readonly type: 'count';
  /** Size of the window in calls: a positive integer up to 100_000. */
  readonly size: number;
}

export interface TimeWindowOptions {
  readonly type: 'time';
  /** Length of the window in milliseconds: positive and finite. */
  readonly durationMs: number;
  /** Steps in which the window moves on: an integer from 2 to 1_000. @default 10 */
  readonly buckets?: number;
}

export interface SlowCallOptions {
  /** Milliseconds above which a call is slow: positive and finite. */
  readonly durationMs: number;
  /** The share of slow calls that opens the circuit: above 0, up to 1. */
  readonly ratio: number;
}

interface CheckedRate {
  readonly failureRatio: number;
  readonly minimumCalls: number;
  readonly createWindow: () => Window;
  readonly window: RateReading['window'];
  /** What a window must have in common with another to go on in its place. */
  readonly shape: string;
  readonly slowCall: SlowCallOptions | undefined;
}

const RATIO = { min: Number.MIN_VALUE, max: 1, expected: 'a number above 0 and up to 1' };
const SIZE = { min: 1, max: 100_000, integer: true, expected: 'a positive integer up to 100000' };
/** A window of one bucket would forget all of its calls at once. */
const BUCKETS = { min: 2, max: 1_000, integer: true, expected: 'an integer from 2 to 1000' };

/**
 * Opens when the share of failures, or of slow calls, among the calls of the window reaches a ratio.
 *
 * @throws TypeError or RangeError for bad options.
 */
export function rate(options: RateOptions): BuiltInTrip {
  const checked = checkRate('rate', options);
  return builtInTrip('rate', () => new RateCounter(checked));
}

const RATE_ALIASES: Aliases = {
  ...RATE_WORDS,
  duration: 'window.durationMs',
  durationMs: 'window.durationMs',
  size: 'window.size',
  buckets: 'window.buckets',
  threshold: 'failureRatio',
  failures: 'it belongs to consecutive()',
  forgetAfterMs: 'it belongs to consecutive()',
};

function checkRate(path: string, value: unknown): CheckedRate {
  const trip = checkObject(path, value, ['failureRatio', 'minimumCalls', 'window', 'slowCall'], RATE_ALIASES);
  const { size, shape, window, createWindow } = checkWindow(at(path, 'window'), trip['window']);
  const minimum = at(path, 'minimumCalls');
  const minimumCalls = checkNumber(minimum, trip['minimumCalls'], POSITIVE_INTEGER);
  if (minimumCalls > size) {
    throw new RangeError(`${minimum} must be at most ${at(path, 'window.size')} (${size}), got ${minimumCalls}`);
  }
  return {
    failureRatio: checkNumber(at(path, 'failureRatio'), trip['failureRatio'], RATIO, 0.5),
    minimumCalls,
    createWindow,
    window,
    shape,
    slowCall: trip['slowCall'] === undefined ? undefined : checkSlowCall(at(path, 'slowCall'), trip['slowCall']),
  };
}

interface CheckedWindow extends Pick<CheckedRate, 'createWindow' | 'window' | 'shape'> {
  readonly size: number;
}

function checkWindow(path: string, value: unknown): CheckedWindow {
  const { type } = checkObject(path, value);
  const kind = checkOneOf(at(path, 'type'), type, ['count', 'time']);
  if (kind === 'count') {
    const given = checkObject(path, value, ['type', 'size']);
    const size = checkNumber(at(path, 'size'), given['size'], SIZE);
    const createWindow = (): Window => new CountWindow(size);
    return { size, shape: `count ${size}`, window: { type: 'count', size }, createWindow };
  }
  const given = checkObject(path, value, ['type', 'durationMs', 'buckets']);
  const durationMs = checkNumber(at(path, 'durationMs'), given['durationMs'], FINITE_MS);
  const buckets = checkNumber(at(path, 'buckets'), given['buckets'], BUCKETS, BUCKETS_BY_DEFAULT);
  const createWindow = (): Window => new TimeWindow(durationMs, buckets);
  const shape = `time ${durationMs} ${buckets}`;
  return { size: Number.POSITIVE_INFINITY, shape, window: { type: 'time', durationMs }, createWindow };
}

function checkSlowCall(path: string, value: unknown): SlowCallOptions {
  const given = checkObject(path, value, ['durationMs', 'ratio']);
  return {
    durationMs: checkNumber(at(path, 'durationMs'), given['durationMs'], FINITE_MS),
    ratio: checkNumber(at(path, 'ratio'), given['ratio'], RATIO),
  };
}

/** Ratios are compared as fractions of whole numbers: a rounded percentage would trip one call early, or never. */
const PARTS = 1_000_000;

class RateCounter implements PeriodCounter {
  #trip: CheckedRate;
  readonly #window: Window;
  /** Kept where slow calls are no longer judged, for those in flight that have been counted. */
  #slow: SlowCalls | undefined;
  readonly #requestedWaits = new RequestedWaits();

  constructor(trip: CheckedRate) {
    this.#trip = trip;
    this.#window = trip.createWindow();
    this.#slow = trip.slowCall && new SlowCalls(trip.slowCall.durationMs, this.#window);
  }

  get watches(): boolean {
    return this.#trip.slowCall !== undefined;
  }

  admitted(call: Admitted): void {
    this.#slow?.admitted(call);
  }

  catchUp(now: number): void {
    this.#slow?.catchUp(now);
  }

  ignored(call: Admitted): void {
    this.#slow?.ignored(call);
  }

  superseded(call: Admitted, now: number): boolean {
    const counts = this.#trip.slowCall !== undefined;
    if (counts) this.#slow?.superseded(call, now);
    else this.ignored(call);
    return counts;
  }

  get timesCalls(): boolean {
    return this.#trip.slowCall !== undefined;
  }

  get calm(): boolean {
    return this.#window.calm;
  }

  good(clock: Clock): void {
    // A window of calls needs no time.
    this.#window.good(this.#window.timed ? clock.now() : 0);
  }

  headers(call: Admitted, now: number): Place {
    return this.#completed(call, 0, now);
  }

  whole(): void {
    // Its headers were counted.
  }

  broken(_call: Admitted, now: number, token: unknown): void {
    if (!this.#window.change(token as Place, FAILED, now)) this.#window.add(FAILED, now, now);
  }

  failure(call: Admitted, now: number, requestedUntil?: number): void {
    const place = this.#completed(call, FAILED, now);
    if (requestedUntil !== undefined) this.#requestedWaits.add(requestedUntil, place);
  }

  requestedUntil(now: number): number | undefined {
    return this.#requestedWaits.latest(place => this.#window.holds(place, now));
  }

  tripped(now: number): 'rate' | 'slow' | undefined {
    const { calls, failed, slow } = this.#window.totals(now);
    const { minimumCalls, failureRatio, slowCall } = this.#trip;
    if (calls < minimumCalls) return undefined;
    if (reaches(failed, calls, failureRatio)) return 'rate';
    return slowCall && reaches(slow, calls, slowCall.ratio) ? 'slow' : undefined;
  }

  utilization(now: number): number {
    const { calls, failed, slow } = this.#window.totals(now);
    const { minimumCalls, failureRatio, slowCall } = this.#trip;
    if (calls < minimumCalls) return 0;
    return Math.max(failed / calls / failureRatio, slowCall ? slow / calls / slowCall.ratio : 0);
  }

  evidence(now: number): Evidence {
    const { failed, slow } = this.#window.totals(now);
    return failed + slow > 0 ? 'live' : 'none';
  }

  phrases(now: number): readonly string[] {
    return this.readings(now).map(describe);
  }

  readings(now: number): readonly RateReading[] {
    const { window, minimumCalls, failureRatio, slowCall } = this.#trip;
    const ratios = slowCall ? { failureRatio, slowRatio: slowCall.ratio } : { failureRatio };
    const read = { ...this.#window.totals(now), buckets: this.#window.buckets(now) };
    return [{ type: 'rate', window, ...read, minimumCalls, ...ratios }];
  }

  get streak(): number {
    return 0;
  }

  resume(): void {
    // Windows are not kept.
  }

  adopt(earlier: PeriodCounter[]): PeriodCounter {
    const fits = (other: PeriodCounter): boolean =>
      other instanceof RateCounter && other.#trip.shape === this.#trip.shape;
    const index = earlier.findIndex(fits);
    if (index < 0) return this;
    const [own] = earlier.splice(index, 1) as [RateCounter];
    own.#retune(this.#trip);
    return own;
  }

  #retune(trip: CheckedRate): void {
    const durationMs = trip.slowCall?.durationMs ?? Number.POSITIVE_INFINITY;
    if (trip.slowCall && !this.#slow) this.#slow = new SlowCalls(durationMs, this.#window);
    this.#slow?.retune(durationMs);
    this.#trip = trip;
  }

  get parts(): readonly PeriodCounter[] {
    return [this];
  }

  #completed(call: Admitted, flags: number, now: number): Place {
    return this.#slow ? this.#slow.completed(call, flags, now) : this.#window.add(flags, now, now);
  }
}

function describe({ window, calls, failed, slow, minimumCalls, failureRatio, slowRatio }: RateReading): string {
  const span = window.type === 'count' ? `${window.size} calls` : `${window.durationMs} ms`;
  const slowness = slowRatio === undefined ? '' : `, ${slow} slow (opens at ${percent(slowRatio)})`;
  const limit = `opens at ${percent(failureRatio)} of at least ${minimumCalls}`;
  return `${failed} of ${calls} calls failed in the last ${span} (${limit})${slowness}`;
}

function reaches(part: number, whole: number, ratio: number): boolean {
  return part * PARTS >= Math.round(ratio * PARTS) * whole;
}

/** Calls that are slow, from the moment at which they are. */
class SlowCalls {
  #durationMs: number;
  readonly #window: Window;
  /** In the order of their admission, so that the first is the next to become slow. */
  readonly #running = new Set<Admitted>();
  readonly #late = new Map<Admitted, Place>();

  constructor(durationMs: number, window: Window) {
    this.#durationMs = durationMs;
    this.#window = window;
  }

  /** Calls that have been counted stay counted; those that run under another limit are not watched by the new one. */
  retune(durationMs: number): void {
    if (durationMs !== this.#durationMs) this.#running.clear();
    this.#durationMs = durationMs;
  }

  admitted(call: Admitted): void {
    this.#running.add(call);
  }

  /** Counts the calls in flight that have become slow. */
  catchUp(now: number): void {
    for (const call of this.#running) {
      const slowAt = call.admittedAt + this.#durationMs;
      if (now <= slowAt) return;
      this.#running.delete(call);
      this.#late.set(call, this.#window.add(SLOW, slowAt, now));
    }
  }

  completed(call: Admitted, flags: number, now: number): Place {
    const place = this.#taken(call);
    if (this.#window.change(place, flags, now)) return place;
    const isSlow = now - call.admittedAt > this.#durationMs;
    return this.#window.add(isSlow ? flags | SLOW : flags, now, now);
  }

  /** Counts the call as slow, whatever its duration, and as nothing else. */
  superseded(call: Admitted, now: number): void {
    if (!this.#window.holds(this.#taken(call), now)) this.#window.add(SLOW, now, now);
  }

  /** Uncounts a call that ended without evidence. */
  ignored(call: Admitted): void {
    this.#window.remove(this.#taken(call), SLOW);
  }

  /** Stops watching the call. Returns its place in the window, or NOWHERE. */
  #taken(call: Admitted): Place {
    const place = this.#late.get(call) ?? NOWHERE;
    if (!this.#running.delete(call)) this.#late.delete(call);
    return place;
  }
}
