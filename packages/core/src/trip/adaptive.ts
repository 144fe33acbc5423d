/** The trip that learns: opens when failures or latency depart from what is normal for the key. */

import { at, checkNumber, checkObject, FINITE_MS, type NumberRule, POSITIVE_INTEGER } from '../common/check.ts';
import type { Clock } from '../common/clock.ts';
import { percent, round } from '../common/percent.ts';
import { Baseline } from './baseline.ts';
import { type BuiltInTrip, builtInTrip } from './built-in-trip.ts';
import type { Admitted, Evidence, PeriodCounter } from './period-counter.ts';
import type { AdaptiveReading } from './readings.ts';
import { type CallSums, logDeviation, logMean, RecentCalls } from './recent-calls.ts';
import { RequestedWaits } from './requested-waits.ts';
import { wilsonLower, zOfMean } from './significance.ts';
import { NOWHERE, type Place } from './window.ts';

/**
 * Experimental. Opens when the recent calls fail significantly more often, or take significantly longer, than is normal for the key.
 * Normal is learned while the circuit is closed, from calls that left the recent window without opening it. Of the
 * share of failures the Wilson score interval must lie above the normal share; of the latencies' logarithms the mean
 * must lie `z` standard errors above the normal mean.
 */
export interface AdaptiveOptions {
  /** Milliseconds of recent calls that are judged: positive and finite. @default 30_000 */
  readonly windowMs?: number;
  /** Completed calls in that window before anything is judged: a positive integer. @default 20 */
  readonly minimumCalls?: number;
  /** Milliseconds after which what was learned has lost 63 % of its weight: finite, at least `windowMs`. @default 3_600_000 */
  readonly learnMs?: number;
  /** Calls to learn from before a departure is judged; until then only a ceiling opens. @default 100 */
  readonly learnCalls?: number;
  /** Standard errors by which the recent calls must depart from what is normal: above 0. @default 4 */
  readonly z?: number;
  /** Shares of failures: below the floor it never opens, from the ceiling on always. @default { floor: 0.1, ceiling: 0.9 } */
  readonly failureRatio?: Partial<Limits>;
  /** The same for multiples of the normal latency; `false`: latency opens nothing. @default { floor: 3, ceiling: 30 } */
  readonly latency?: false | Partial<Limits>;
}

interface Limits {
  readonly floor: number;
  readonly ceiling: number;
}

interface CheckedAdaptive extends Required<Omit<AdaptiveOptions, 'failureRatio' | 'latency'>> {
  readonly failureRatio: Limits;
  readonly latency: Limits | undefined;
}

export const ADAPTIVE_DEFAULTS = {
  windowMs: 30_000,
  minimumCalls: 20,
  learnMs: 3_600_000,
  learnCalls: 100,
  z: 4,
  failureRatio: { floor: 0.1, ceiling: 0.9 },
  latency: { floor: 3, ceiling: 30 },
} as const;

const Z: NumberRule = { min: Number.MIN_VALUE, max: Number.MAX_VALUE, expected: 'a finite number above 0' };
const RATIO: NumberRule = { min: Number.MIN_VALUE, max: 1, expected: 'a number above 0 and up to 1' };
const FACTOR: NumberRule = { min: 1, max: Number.MAX_VALUE, expected: 'a finite number of at least 1' };

/**
 * Learns what is normal for a key, and opens when its calls depart from that. Experimental: options and defaults may change.
 *
 * @throws TypeError or RangeError for bad options.
 */
export function adaptive(options: AdaptiveOptions = {}): BuiltInTrip {
  const checked = checkAdaptive('adaptive', options);
  return builtInTrip('adaptive', earlier => new AdaptiveCounter(checked, earlier));
}

function checkAdaptive(path: string, value: unknown): CheckedAdaptive {
  const trip = checkObject(path, value, Object.keys(ADAPTIVE_DEFAULTS));
  const numberAt = (key: 'windowMs' | 'minimumCalls' | 'learnMs' | 'learnCalls' | 'z', rule: NumberRule): number =>
    checkNumber(at(path, key), trip[key], rule, ADAPTIVE_DEFAULTS[key]);
  const limitsAt = (key: 'failureRatio' | 'latency', rule: NumberRule): Limits =>
    checkLimits(at(path, key), trip[key], rule, ADAPTIVE_DEFAULTS[key]);
  const windowMs = numberAt('windowMs', FINITE_MS);
  const learnMs = checkNumber(
    at(path, 'learnMs'),
    trip['learnMs'],
    FINITE_MS,
    Math.max(windowMs, ADAPTIVE_DEFAULTS.learnMs),
  );
  if (learnMs < windowMs) {
    throw new RangeError(
      `${at(path, 'learnMs')} must be at least ${at(path, 'windowMs')} (${windowMs}), got ${learnMs}`,
    );
  }
  return {
    windowMs,
    learnMs,
    minimumCalls: numberAt('minimumCalls', POSITIVE_INTEGER),
    learnCalls: numberAt('learnCalls', POSITIVE_INTEGER),
    z: numberAt('z', Z),
    failureRatio: limitsAt('failureRatio', RATIO),
    latency: trip['latency'] === false ? undefined : limitsAt('latency', FACTOR),
  };
}

function checkLimits(path: string, value: unknown = {}, rule: NumberRule, defaults: Limits): Limits {
  const given = checkObject(path, value, ['floor', 'ceiling']);
  const floor = checkNumber(at(path, 'floor'), given['floor'], rule, defaults.floor);
  const ceiling = checkNumber(at(path, 'ceiling'), given['ceiling'], rule, Math.max(floor, defaults.ceiling));
  if (ceiling >= floor) return { floor, ceiling };
  throw new RangeError(`${at(path, 'ceiling')} must be at least ${at(path, 'floor')} (${floor}), got ${ceiling}`);
}

export class AdaptiveCounter implements PeriodCounter {
  readonly watches = false;
  readonly streak = 0;
  #trip: CheckedAdaptive;
  readonly #baseline: Baseline;
  readonly #recent: RecentCalls;
  readonly #requestedWaits = new RequestedWaits();

  /** `earlier`: the counter of the closed period before, whose knowledge of what is normal is kept. */
  constructor(trip: CheckedAdaptive, earlier?: PeriodCounter) {
    this.#trip = trip;
    const former = earlier?.parts.find(part => part instanceof AdaptiveCounter && part.#trip.learnMs === trip.learnMs);
    this.#baseline = former instanceof AdaptiveCounter ? former.#baseline : new Baseline(trip.learnMs);
    this.#recent = newRecent(trip, this.#baseline);
  }

  get timesCalls(): boolean {
    return this.#trip.latency !== undefined;
  }

  /** A latency may be too long without any failure. */
  readonly calm = false;

  good(clock: Clock): void {
    this.#recent.add(false, undefined, clock.now());
  }

  headers(call: Admitted, now: number): Place {
    return this.#recent.add(false, this.#latencyOf(call, now), now);
  }

  whole(): void {
    // Its headers were counted.
  }

  broken(_call: Admitted, now: number, token: unknown): void {
    const place = typeof token === 'number' ? token : NOWHERE;
    if (!this.#recent.fail(place, now)) this.#recent.add(true, undefined, now);
  }

  failure(call: Admitted, now: number, requestedUntil?: number): void {
    const place = this.#recent.add(true, this.#latencyOf(call, now), now);
    if (requestedUntil !== undefined) this.#requestedWaits.add(requestedUntil, place);
  }

  requestedUntil(now: number): number | undefined {
    return this.#requestedWaits.latest(place => this.#recent.holds(place, now));
  }

  tripped(now: number): 'adaptive' | undefined {
    const recent = this.#recent.sums(now);
    if (recent.calls < this.#trip.minimumCalls) return undefined;
    return this.#failsMore(recent) || this.#takesLonger(recent) ? 'adaptive' : undefined;
  }

  /** It judges by what is unlikely, which is no share of anything. */
  utilization(): number {
    return 0;
  }

  evidence(now: number): Evidence {
    return this.#recent.sums(now).failed > 0 ? 'live' : 'none';
  }

  phrases(now: number): readonly string[] {
    return this.readings(now).map(describe);
  }

  readings(now: number): readonly AdaptiveReading[] {
    const { windowMs, minimumCalls } = this.#trip;
    const { calls, failed, ...rest } = this.#recent.sums(now);
    const recent = { calls, failed, buckets: this.#recent.buckets(now), ...latencyOf({ calls, failed, ...rest }) };
    return [{ type: 'adaptive', windowMs, minimumCalls, ...recent, ...this.#normal }];
  }

  resume(): void {
    // What is normal is learned anew by another process.
  }

  adopt(earlier: PeriodCounter[]): PeriodCounter {
    const index = earlier.findIndex(other => other instanceof AdaptiveCounter && other.#isLike(this.#trip));
    if (index < 0) return this;
    const [own] = earlier.splice(index, 1) as [AdaptiveCounter];
    own.#trip = this.#trip;
    return own;
  }

  get parts(): readonly PeriodCounter[] {
    return [this];
  }

  admitted(): void {
    // A call in flight is no evidence.
  }

  catchUp(): void {
    // Time alone trips nothing here.
  }

  ignored(): void {
    // It was not counted.
  }

  superseded(): boolean {
    // Its full latency is unknown.
    return false;
  }

  get #normal(): Pick<AdaptiveReading, 'normal'> {
    if (!this.#knows) return {};
    const { calls, failed, ...rest } = this.#baseline.sums;
    return { normal: { calls, failureRatio: failed / calls, ...latencyOf({ calls, failed, ...rest }) } };
  }

  get #knows(): boolean {
    return this.#baseline.sums.calls >= this.#trip.learnCalls;
  }

  #failsMore({ calls, failed }: CallSums): boolean {
    const { failureRatio, z } = this.#trip;
    const share = failed / calls;
    if (share >= failureRatio.ceiling) return true;
    if (share < failureRatio.floor || !this.#knows) return false;
    const normal = this.#baseline.sums;
    return wilsonLower(failed, calls, z) > normal.failed / normal.calls;
  }

  #takesLonger(recent: CallSums): boolean {
    const { latency, z } = this.#trip;
    if (!latency || !this.#knows) return false;
    const normal = this.#baseline.sums;
    // NaN where nothing was timed, which is above no limit.
    const factor = Math.exp(logMean(recent) - logMean(normal));
    if (factor >= latency.ceiling) return true;
    return factor >= latency.floor && zOfMean(logMean(recent), recent.timed, logMean(normal), logDeviation(normal)) > z;
  }

  #isLike({ windowMs, learnMs }: CheckedAdaptive): boolean {
    return this.#trip.windowMs === windowMs && this.#trip.learnMs === learnMs;
  }

  #latencyOf(call: Admitted, now: number): number | undefined {
    return this.#trip.latency ? now - call.admittedAt : undefined;
  }
}

function describe({ windowMs, calls, failed, latencyMs, minimumCalls, normal }: AdaptiveReading): string {
  const recent = `${failed} of ${calls} calls failed in the last ${windowMs} ms (at least ${minimumCalls} are judged)`;
  const usual = normal ? `${percent(normal.failureRatio)} is normal` : 'what is normal is not learned yet';
  if (latencyMs === undefined) return `${recent}, ${usual}`;
  const usualLatency = normal?.latencyMs === undefined ? '' : ` where ${round(normal.latencyMs)} ms is normal`;
  return `${recent}, ${usual}, latency ${round(latencyMs)} ms${usualLatency}`;
}

function newRecent({ windowMs }: CheckedAdaptive, baseline: Baseline): RecentCalls {
  return new RecentCalls(windowMs, (sums, now) => baseline.learn(sums, now));
}

function latencyOf(sums: CallSums): { readonly latencyMs?: number } {
  return sums.timed > 0 ? { latencyMs: Math.exp(logMean(sums)) } : {};
}
