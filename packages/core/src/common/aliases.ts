/**
 * What options are called elsewhere, or in another place here: opossum, cockatiel, resilience4j, Polly, gobreaker. They
 * are refused as any unknown option is, with the name that they have here.
 */

import { type Aliases, isName } from './check.ts';

/** Options of `rate()`, at any level. */
export const RATE_WORDS: Aliases = {
  errorThresholdPercentage: 'failureRatio',
  failureRateThreshold: 'failureRatio',
  minimumRps: 'minimumCalls',
  minimumThroughput: 'minimumCalls',
  minimumNumberOfCalls: 'minimumCalls',
  volumeThreshold: 'minimumCalls',
  slidingWindowSize: 'window.size',
  slidingWindowType: 'window.type',
  samplingDuration: 'window.durationMs',
  rollingCountTimeout: 'window.durationMs',
  rollingCountBuckets: 'window.buckets',
  slowCallRateThreshold: 'slowCall.ratio',
  slowCallDurationThreshold: 'slowCall.durationMs',
};

export const HALF_OPEN_ALIASES: Aliases = {
  maxRequests: 'maxCalls',
  permittedNumberOfCallsInHalfOpenState: 'maxCalls',
  maxWaitDurationInHalfOpenState: 'probeTimeoutMs',
};

/** Of a breaker's own options, and of those that belong to one of its groups. */
export const BREAKER_ALIASES: Aliases = {
  threshold: 'failures',
  failureThreshold: 'failures',
  maxFailures: 'failures',
  interval: 'forgetAfterMs',
  ...asRate({
    failureRatio: 'failureRatio',
    minimumCalls: 'minimumCalls',
    window: 'window',
    slowCall: 'slowCall',
    ...RATE_WORDS,
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

/** As they are written in `trip`: `trip: rate({ window: { size } })`. */
function asRate(aliases: Aliases): Aliases {
  const written = (name: string): string => name.split('.').reduceRight((inner, outer) => `${outer}: { ${inner} }`);
  return Object.fromEntries(Object.entries(aliases).map(([word, name]) => [word, `trip: rate({ ${written(name)} })`]));
}
