/**
 * What options are called elsewhere, or in another place here: opossum, cockatiel, resilience4j, Polly, gobreaker. They
 * are refused as any unknown option is, with the name that stands for them here.
 */

import type { Aliases } from './check.ts';

const CONSECUTIVE: Aliases = {
  threshold: 'failures',
  failureThreshold: 'failures',
  maxFailures: 'failures',
  count: 'failures',
  interval: 'forgetAfterMs',
  failureRatio: "it belongs to a trip of type 'rate'",
  minimumCalls: "it belongs to a trip of type 'rate'",
  window: "it belongs to a trip of type 'rate'",
  slowCall: "it belongs to a trip of type 'rate'",
};

const RATE: Aliases = {
  failures: "it belongs to a trip of type 'consecutive'",
  forgetAfterMs: "it belongs to a trip of type 'consecutive'",
  threshold: 'failureRatio',
  errorThresholdPercentage: 'failureRatio',
  failureRateThreshold: 'failureRatio',
  minimumRps: 'minimumCalls',
  minimumThroughput: 'minimumCalls',
  minimumNumberOfCalls: 'minimumCalls',
  volumeThreshold: 'minimumCalls',
  size: 'window.size',
  slidingWindowSize: 'window.size',
  slidingWindowType: 'window.type',
  duration: 'window.durationMs',
  durationMs: 'window.durationMs',
  samplingDuration: 'window.durationMs',
  rollingCountTimeout: 'window.durationMs',
  buckets: 'window.buckets',
  rollingCountBuckets: 'window.buckets',
  slowCallRateThreshold: 'slowCall.ratio',
  slowCallDurationThreshold: 'slowCall.durationMs',
};

export const TRIP_ALIASES: Readonly<Record<'consecutive' | 'rate', Aliases>> = { consecutive: CONSECUTIVE, rate: RATE };

export const HALF_OPEN_ALIASES: Aliases = {
  maxRequests: 'maxCalls',
  permittedNumberOfCallsInHalfOpenState: 'maxCalls',
  maxWaitDurationInHalfOpenState: 'probeTimeoutMs',
};

/** Of a breaker's own options, and of those that belong to one of its groups. */
export const BREAKER_ALIASES: Aliases = {
  ...under('trip', {
    failures: 'failures',
    forgetAfterMs: 'forgetAfterMs',
    failureRatio: 'failureRatio',
    minimumCalls: 'minimumCalls',
    window: 'window',
    slowCall: 'slowCall',
    ...named(RATE, isForeign),
    ...named(CONSECUTIVE, isForeign),
  }),
  ...under('halfOpen', {
    maxCalls: 'maxCalls',
    successThreshold: 'successThreshold',
    probeTimeoutMs: 'probeTimeoutMs',
    ...HALF_OPEN_ALIASES,
  }),
  breaker: 'trip',
  readyToTrip: 'trip',
  resetTimeout: 'openDurationMs',
  halfOpenAfter: 'openDurationMs',
  waitDurationInOpenState: 'openDurationMs',
  breakDuration: 'openDurationMs',
  durationOfBreak: 'openDurationMs',
  enabled: 'mode',
  timeout: 'a breaker has no timeout: end the call by a signal, or a time limit of its own',
  capacity: 'a bulkhead has maxConcurrent',
  errorFilter: 'classify says what a failure is',
  isFailure: 'classify says what a failure is',
  shouldHandle: 'classify says what a failure is',
  recordExceptions: 'classify says what a failure is',
  ignoreExceptions: 'classify says what a failure is',
  automaticTransitionFromOpenToHalfOpenEnabled: 'the next call after openDurationMs finds the circuit half-open',
};

export const BULKHEAD_ALIASES: Aliases = {
  limit: 'maxConcurrent',
  capacity: 'maxConcurrent',
  maxConcurrentCalls: 'maxConcurrent',
  maxWaitDuration: 'queueTimeoutMs',
};

export const REGISTRY_ALIASES: Aliases = { max: 'maxKeys', maxSize: 'maxKeys', ttl: 'idleMs', maxAge: 'idleMs' };

/** The same words for options that are a level further up. A hint in words stays as it is. */
export function under(path: string, aliases: Aliases): Aliases {
  return Object.fromEntries(
    Object.entries(aliases).map(([word, name]) => [word, isName(name) ? `${path}.${name}` : name]),
  );
}

/** Whether an alias is the name of an option, and no hint in words. */
export function isName(alias: string): boolean {
  return !alias.includes(' ');
}

function named(aliases: Aliases, keep: (word: string) => boolean): Aliases {
  return Object.fromEntries(Object.entries(aliases).filter(([word, name]) => isName(name) && keep(word)));
}

/** Words that mean a trip also where no trip is named. */
function isForeign(word: string): boolean {
  return !['duration', 'durationMs', 'size', 'count', 'buckets'].includes(word);
}
