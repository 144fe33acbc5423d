import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { BreakerRegistry } from '../registry/registry.ts';
import { BREAKER_ALIASES, BULKHEAD_ALIASES, HALF_OPEN_ALIASES, isName, TRIP_ALIASES, under } from './aliases.ts';

const refusal = (build: () => unknown): string => {
  try {
    build();
  } catch (error) {
    return String(error);
  }
  return 'taken';
};

describe('a word of another library', () => {
  it.each([
    // opossum
    ['errorThresholdPercentage', 'did you mean trip.failureRatio?'],
    ['resetTimeout', 'did you mean openDurationMs?'],
    ['volumeThreshold', 'did you mean trip.minimumCalls?'],
    ['rollingCountTimeout', 'did you mean trip.window.durationMs?'],
    ['rollingCountBuckets', 'did you mean trip.window.buckets?'],
    ['timeout', 'a breaker has no timeout: end the call by a signal, or a time limit of its own'],
    ['capacity', 'a bulkhead has maxConcurrent'],
    ['errorFilter', 'classify says what a failure is'],
    ['enabled', 'did you mean mode?'],
    // cockatiel
    ['halfOpenAfter', 'did you mean openDurationMs?'],
    ['breaker', 'did you mean trip?'],
    // resilience4j
    ['failureRateThreshold', 'did you mean trip.failureRatio?'],
    ['slidingWindowSize', 'did you mean trip.window.size?'],
    ['slidingWindowType', 'did you mean trip.window.type?'],
    ['minimumNumberOfCalls', 'did you mean trip.minimumCalls?'],
    ['waitDurationInOpenState', 'did you mean openDurationMs?'],
    ['permittedNumberOfCallsInHalfOpenState', 'did you mean halfOpen.maxCalls?'],
    ['maxWaitDurationInHalfOpenState', 'did you mean halfOpen.probeTimeoutMs?'],
    ['slowCallRateThreshold', 'did you mean trip.slowCall.ratio?'],
    ['slowCallDurationThreshold', 'did you mean trip.slowCall.durationMs?'],
    ['ignoreExceptions', 'classify says what a failure is'],
    ['automaticTransitionFromOpenToHalfOpenEnabled', 'the next call after openDurationMs finds the circuit half-open'],
    // Polly and gobreaker
    ['samplingDuration', 'did you mean trip.window.durationMs?'],
    ['minimumThroughput', 'did you mean trip.minimumCalls?'],
    ['breakDuration', 'did you mean openDurationMs?'],
    ['maxRequests', 'did you mean halfOpen.maxCalls?'],
    ['readyToTrip', 'did you mean trip?'],
    ['interval', 'did you mean trip.forgetAfterMs?'],
    // One level too high
    ['failures', 'did you mean trip.failures?'],
    ['forgetAfterMs', 'did you mean trip.forgetAfterMs?'],
    ['failureRatio', 'did you mean trip.failureRatio?'],
    ['minimumCalls', 'did you mean trip.minimumCalls?'],
    ['window', 'did you mean trip.window?'],
    ['slowCall', 'did you mean trip.slowCall?'],
    ['maxCalls', 'did you mean halfOpen.maxCalls?'],
    ['successThreshold', 'did you mean halfOpen.successThreshold?'],
    ['probeTimeoutMs', 'did you mean halfOpen.probeTimeoutMs?'],
    // Where no trip is named, these could be anything.
    ['size', 'known here: trip, openDurationMs, halfOpen, recovery, throttle, mode'],
    ['count', 'known here: trip, openDurationMs, halfOpen, recovery, throttle, mode'],
  ])('%s: %s', (word, hint) => {
    expect(refusal(() => new CircuitBreaker({ [word]: 1 }))).toBe(`TypeError: ${word} is not an option; ${hint}`);
  });

  it.each([
    ['consecutive', 'threshold', 'did you mean trip.failures?'],
    ['consecutive', 'interval', 'did you mean trip.forgetAfterMs?'],
    ['consecutive', 'window', "it belongs to a trip of type 'rate'"],
    ['rate', 'threshold', 'did you mean trip.failureRatio?'],
    ['rate', 'duration', 'did you mean trip.window.durationMs?'],
    ['rate', 'size', 'did you mean trip.window.size?'],
    ['rate', 'failures', "it belongs to a trip of type 'consecutive'"],
  ])('in a trip of type %s: %s', (type, word, hint) => {
    const build = (): unknown => new CircuitBreaker({ trip: { type, [word]: 1 } as never });
    expect(refusal(build)).toBe(`TypeError: trip.${word} is not an option; ${hint}`);
  });

  it('in the other groups', () => {
    expect(refusal(() => new CircuitBreaker({ halfOpen: { maxRequests: 1 } as never }))).toContain(
      'did you mean halfOpen.maxCalls?',
    );
    expect(refusal(() => new Bulkhead({ maxConcurrentCalls: 1 } as never))).toContain('did you mean maxConcurrent?');
    expect(refusal(() => new BreakerRegistry({ ttl: 1 } as never))).toContain('did you mean idleMs?');
  });
});

describe('a trip without a type', () => {
  const missing = "TypeError: trip.type must be 'consecutive', 'rate' or 'adaptive', got undefined";

  it.each([
    [{ failures: 5 }, ": the type is missing; did you mean 'consecutive'?"],
    [{ forgetAfterMs: 5 }, ": the type is missing; did you mean 'consecutive'?"],
    [{ threshold: 5 }, ": the type is missing; did you mean 'consecutive'?"],
    [{ failureRatio: 0.5 }, ": the type is missing; did you mean 'rate'?"],
    [{ minimumCalls: 5 }, ": the type is missing; did you mean 'rate'?"],
    [{ window: {} }, ": the type is missing; did you mean 'rate'?"],
    [{ slowCall: {} }, ": the type is missing; did you mean 'rate'?"],
    [{ windowMs: 1 }, ''],
  ])('%j', (trip, hint) => {
    expect(refusal(() => new CircuitBreaker({ trip: trip as never }))).toBe(missing + hint);
  });
});

describe('the table of words', () => {
  it('names options by their path from a level further up, and leaves hints in words', () => {
    expect(under('breaker', { a: 'b', c: 'in words' })).toEqual({ a: 'breaker.b', c: 'in words' });
  });

  it('is of words that are no option where they stand', () => {
    const tables = [
      [BREAKER_ALIASES, ['trip', 'openDurationMs', 'halfOpen', 'recovery', 'throttle', 'mode']],
      [TRIP_ALIASES.consecutive, ['type', 'failures', 'forgetAfterMs']],
      [TRIP_ALIASES.rate, ['type', 'failureRatio', 'minimumCalls', 'window', 'slowCall']],
      [HALF_OPEN_ALIASES, ['maxCalls', 'successThreshold', 'probeTimeoutMs']],
      [BULKHEAD_ALIASES, ['maxConcurrent', 'maxQueue', 'queueTimeoutMs']],
    ] as const;
    for (const [aliases, known] of tables) {
      expect(Object.keys(aliases).filter(word => known.includes(word as never))).toEqual([]);
      const names = Object.values(aliases).filter(isName);
      expect(names.filter(name => !known.includes(name.split('.')[0] as never))).toEqual([]);
    }
  });
});
