/** The options of `@cutout/core`. */

import {
  type AdaptiveLimitOptions,
  type AdaptiveOptions,
  adaptive,
  type BreakerOptions,
  BreakerRegistry,
  type BreakerRegistryOptions,
  type BulkheadOptions,
  type Clock,
  type ConsecutiveOptions,
  type CountWindowOptions,
  consecutive,
  type ExecuteOptions,
  type ExponentialOpenOptions,
  exponentialOpen,
  type HalfOpenOptions,
  monotonicClock,
  type RateOptions,
  type RecoveryOptions,
  rate,
  type SlowCallOptions,
  type ThrottleOptions,
  type TimeWindowOptions,
  type Trip,
  type TripCounter,
} from '@cutout/core';
import { type EntriesOf, either, group, hook, integer, listOf, made, oneOf, seldom, share, value } from '../entry.ts';

const HALF_OPEN = {
  maxCalls: integer(3, 5),
  successThreshold: integer(1, 2),
  probeTimeoutMs: integer(200, 400),
} satisfies EntriesOf<HalfOpenOptions>;

const RECOVERY = { durationMs: integer(10, 100), initialShare: share() } satisfies EntriesOf<RecoveryOptions>;

const THROTTLE = {
  k: integer(1, 3),
  windowMs: integer(1_000, 2_000),
  minimumCalls: integer(0, 3),
  minShare: share(),
} satisfies EntriesOf<ThrottleOptions>;

const CONSECUTIVE = {
  failures: integer(1, 3),
  forgetAfterMs: integer(100, 1_000),
} satisfies EntriesOf<ConsecutiveOptions>;

const COUNT_WINDOW = { type: oneOf(['count']), size: integer(3, 10) } satisfies EntriesOf<CountWindowOptions>;
const TIME_WINDOW = {
  type: oneOf(['time']),
  durationMs: integer(100, 1_000),
  buckets: integer(2, 10),
} satisfies EntriesOf<TimeWindowOptions>;
const SLOW_CALL = { durationMs: integer(5, 50), ratio: share() } satisfies EntriesOf<SlowCallOptions>;

const RATE = {
  failureRatio: share(),
  minimumCalls: integer(1, 3),
  window: either(group(COUNT_WINDOW, ['type', 'size']), group(TIME_WINDOW, ['type', 'durationMs'])),
  slowCall: group(SLOW_CALL, ['durationMs', 'ratio']),
} satisfies EntriesOf<RateOptions>;

const LIMITS = { floor: value(() => 0.5), ceiling: value(() => 0.9) };

const ADAPTIVE = {
  windowMs: integer(100, 1_000),
  minimumCalls: integer(1, 5),
  learnMs: integer(1_000, 5_000),
  learnCalls: integer(1, 5),
  z: integer(1, 4),
  failureRatio: group(LIMITS),
  latency: either(oneOf([false]), seldom(group(LIMITS))),
} satisfies EntriesOf<AdaptiveOptions>;

/** What an application writes itself: any of its methods may misbehave at any time. */
const OWN_TRIP = {
  name: value(() => 'own'),
  start: hook(() => ({ record: () => undefined, tripped: () => false })),
} satisfies EntriesOf<Trip>;

const OWN_COUNTER = {
  record: hook(() => undefined),
  tripped: hook(() => false),
  describe: hook(() => 'nothing'),
  utilization: hook(() => 0),
  admitted: hook(() => undefined),
  ignored: hook(() => undefined),
} satisfies EntriesOf<TripCounter>;

const ONE_TRIP = either(
  made(group(CONSECUTIVE, ['failures']), consecutive),
  made(group(RATE, ['minimumCalls', 'window']), rate),
  made(group(ADAPTIVE), adaptive),
  group(OWN_TRIP, ['name', 'start']),
  made(group(OWN_COUNTER, ['record', 'tripped']), counter => ({ name: 'own', start: () => counter })),
);

const EXPONENTIAL = {
  initialMs: integer(10, 50),
  factor: integer(1, 3),
  maxMs: integer(60, 100),
  jitter: oneOf(['full', 'equal', 'none']),
} satisfies EntriesOf<ExponentialOpenOptions>;

export const BREAKER = {
  failures: seldom(integer(1, 3)),
  forgetAfterMs: seldom(integer(100, 1_000)),
  trip: either(ONE_TRIP, listOf(ONE_TRIP)),
  openDurationMs: either(
    integer(10, 50),
    hook(() => 20),
    made(group(EXPONENTIAL), exponentialOpen),
  ),
  halfOpen: group(HALF_OPEN),
  recovery: group(RECOVERY, ['durationMs']),
  throttle: group(THROTTLE),
  mode: oneOf(['enforce', 'shadow', 'off']),
} satisfies EntriesOf<BreakerOptions>;

export const ADAPTIVE_LIMIT = {
  type: oneOf(['adaptive']),
  initial: integer(2, 4),
  floor: integer(1, 2),
  ceiling: integer(4, 8),
  backoffRatio: share(),
  slowCallMs: integer(10, 100),
} satisfies EntriesOf<AdaptiveLimitOptions>;

export const BULKHEAD = {
  maxConcurrent: either(integer(1, 3), group(ADAPTIVE_LIMIT, ['type'])),
  maxQueue: integer(0, 3),
  queueTimeoutMs: integer(5, 50),
} satisfies EntriesOf<BulkheadOptions>;

const CLOCK = {
  now: hook(() => performance.now()),
  setTimer: hook((ms: number, fire: () => void) => monotonicClock.setTimer(ms, fire)),
} satisfies EntriesOf<Clock>;

const REGISTRY = {
  breaker: either(
    group(BREAKER),
    hook(() => ({})),
  ),
  maxKeys: integer(1, 10),
  idleMs: integer(10, 1_000),
  clock: seldom(group(CLOCK, ['now'])),
} satisfies EntriesOf<BreakerRegistryOptions>;

export const REGISTRY_ENTRY = made(group(REGISTRY), (drawn: BreakerRegistryOptions) => new BreakerRegistry(drawn));

export const EXECUTE = {
  signal: seldom(value(() => undefined)),
  fallback: hook(() => 'instead'),
  classify: hook(() => 'success'),
} satisfies EntriesOf<ExecuteOptions<unknown>>;
