import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { BreakerRegistry } from '../registry/registry.ts';
import { consecutive } from '../trip/consecutive.ts';
import { rate } from '../trip/rate.ts';
import { BREAKER_ALIASES, BULKHEAD_ALIASES, HALF_OPEN_ALIASES, RATE_WORDS, under } from './aliases.ts';
import { isName } from './check.ts';

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
    ['errorThresholdPercentage', 'did you mean trip: rate({ failureRatio })?'],
    ['resetTimeout', 'did you mean openDurationMs?'],
    ['volumeThreshold', 'did you mean trip: rate({ minimumCalls })?'],
    ['rollingCountTimeout', 'did you mean trip: rate({ window: { durationMs } })?'],
    ['rollingCountBuckets', 'did you mean trip: rate({ window: { buckets } })?'],
    ['timeout', 'a breaker has no timeout: end the call by a signal, or a time limit of its own'],
    ['capacity', 'a bulkhead has maxConcurrent'],
    ['errorFilter', 'classify says what a failure is'],
    ['enabled', 'did you mean mode?'],
    // cockatiel
    ['halfOpenAfter', 'did you mean openDurationMs?'],
    ['breaker', 'did you mean trip?'],
    // resilience4j
    ['failureRateThreshold', 'did you mean trip: rate({ failureRatio })?'],
    ['slidingWindowSize', 'did you mean trip: rate({ window: { size } })?'],
    ['slidingWindowType', 'did you mean trip: rate({ window: { type } })?'],
    ['minimumNumberOfCalls', 'did you mean trip: rate({ minimumCalls })?'],
    ['waitDurationInOpenState', 'did you mean openDurationMs?'],
    ['permittedNumberOfCallsInHalfOpenState', 'did you mean halfOpen.maxCalls?'],
    ['maxWaitDurationInHalfOpenState', 'did you mean halfOpen.probeTimeoutMs?'],
    ['slowCallRateThreshold', 'did you mean trip: rate({ slowCall: { ratio } })?'],
    ['slowCallDurationThreshold', 'did you mean trip: rate({ slowCall: { durationMs } })?'],
    ['ignoreExceptions', 'classify says what a failure is'],
    ['automaticTransitionFromOpenToHalfOpenEnabled', 'the next call after openDurationMs finds the circuit half-open'],
    // Polly and gobreaker
    ['samplingDuration', 'did you mean trip: rate({ window: { durationMs } })?'],
    ['minimumThroughput', 'did you mean trip: rate({ minimumCalls })?'],
    ['breakDuration', 'did you mean openDurationMs?'],
    ['maxRequests', 'did you mean halfOpen.maxCalls?'],
    ['readyToTrip', 'did you mean trip?'],
    ['interval', 'did you mean forgetAfterMs?'],
    ['threshold', 'did you mean failures?'],
    // One level too high
    ['failureRatio', 'did you mean trip: rate({ failureRatio })?'],
    ['minimumCalls', 'did you mean trip: rate({ minimumCalls })?'],
    ['window', 'did you mean trip: rate({ window })?'],
    ['slowCall', 'did you mean trip: rate({ slowCall })?'],
    ['maxCalls', 'did you mean halfOpen.maxCalls?'],
    ['successThreshold', 'did you mean halfOpen.successThreshold?'],
    ['probeTimeoutMs', 'did you mean halfOpen.probeTimeoutMs?'],
    // Where no trip is named, these could be anything.
    ['size', 'known here: failures, forgetAfterMs, trip, openDurationMs, halfOpen, recovery, throttle, mode'],
    ['count', 'known here: failures, forgetAfterMs, trip, openDurationMs, halfOpen, recovery, throttle, mode'],
  ])('%s: %s', (word, hint) => {
    expect(refusal(() => new CircuitBreaker({ [word]: 1 }))).toBe(`TypeError: ${word} is not an option; ${hint}`);
  });

  it.each([
    ['consecutive', 'threshold', 'did you mean consecutive.failures?'],
    ['consecutive', 'interval', 'did you mean consecutive.forgetAfterMs?'],
    ['consecutive', 'window', 'it belongs to rate()'],
    ['rate', 'threshold', 'did you mean rate.failureRatio?'],
    ['rate', 'duration', 'did you mean rate.window.durationMs?'],
    ['rate', 'size', 'did you mean rate.window.size?'],
    ['rate', 'failures', 'it belongs to consecutive()'],
  ] as const)('in the options of %s(): %s', (name, word, hint) => {
    const make = { consecutive, rate }[name];
    expect(refusal(() => make({ [word]: 1 } as never))).toBe(`TypeError: ${name}.${word} is not an option; ${hint}`);
  });

  it('in the other groups', () => {
    expect(refusal(() => new CircuitBreaker({ halfOpen: { maxRequests: 1 } as never }))).toContain(
      'did you mean halfOpen.maxCalls?',
    );
    expect(refusal(() => new Bulkhead({ maxConcurrentCalls: 1 } as never))).toContain('did you mean maxConcurrent?');
    expect(refusal(() => new BreakerRegistry({ ttl: 1 } as never))).toContain('did you mean idleMs?');
  });
});

describe('options in place of a trip', () => {
  it.each([
    [{ failures: 5 }, 'consecutive'],
    [{ forgetAfterMs: 5 }, 'consecutive'],
    [{ threshold: 5 }, 'consecutive'],
    [{ failureRatio: 0.5 }, 'rate'],
    [{ minimumCalls: 5 }, 'rate'],
    [{ window: {} }, 'rate'],
    [{ slowCall: {} }, 'rate'],
    [{ type: 'consecutive' }, 'consecutive'],
    [{ type: 'rate' }, 'rate'],
    [{ type: 'adaptive' }, 'adaptive'],
  ])('%j name the factory that was meant', (trip, maker) => {
    expect(refusal(() => new CircuitBreaker({ trip: trip as never }))).toBe(
      `TypeError: trip must be what ${maker}() returns, got ${JSON.stringify(trip)}; import { ${maker} } from '@cutout/core'`,
    );
  });

  it('name none where they could be of any', () => {
    expect(refusal(() => new CircuitBreaker({ trip: { windowMs: 1 } as never }))).toBe(
      'TypeError: trip must be what consecutive(), rate() or adaptive() returns, or an object with name and start(), got {"windowMs":1}',
    );
  });
});

describe('the table of words', () => {
  it('names options by their path from a level further up, and leaves hints in words', () => {
    expect(under('breaker', { a: 'b', c: 'in words' })).toEqual({ a: 'breaker.b', c: 'in words' });
  });

  it('is of words that are no option at their path', () => {
    const tables = [
      [
        BREAKER_ALIASES,
        ['failures', 'forgetAfterMs', 'trip', 'openDurationMs', 'halfOpen', 'recovery', 'throttle', 'mode'],
      ],
      [RATE_WORDS, ['failureRatio', 'minimumCalls', 'window', 'slowCall']],
      [HALF_OPEN_ALIASES, ['maxCalls', 'successThreshold', 'probeTimeoutMs']],
      [BULKHEAD_ALIASES, ['maxConcurrent', 'maxQueue', 'queueTimeoutMs']],
    ] as const;
    for (const [aliases, known] of tables) {
      expect(Object.keys(aliases).filter(word => known.includes(word as never))).toEqual([]);
      const names = Object.values(aliases).filter(isName);
      expect(names.filter(name => !known.includes(name.split(/[.:]/)[0] as never))).toEqual([]);
    }
  });
});
