import { describe, expect, it } from 'vitest';
import { createHttpPolicy } from './policy.ts';

const refusal = (options: object): string => {
  try {
    createHttpPolicy(options);
  } catch (error) {
    return String(error);
  }
  return 'taken';
};

describe('an option of the policy that is written otherwise elsewhere', () => {
  it.each([
    ['retries', 'retry'],
    ['retrys', 'retry'],
    ['maxRetries', 'retry.maxRetries'],
    ['limit', 'retry.maxRetries'],
    ['backoff', 'retry.backoff'],
    ['mode', 'breaker.mode'],
    ['trip', 'breaker.trip'],
    ['failures', 'breaker.failures'],
    ['openDurationMs', 'breaker.openDurationMs'],
    ['resetTimeout', 'breaker.openDurationMs'],
    ['halfOpenAfter', 'breaker.openDurationMs'],
    ['errorThresholdPercentage', 'breaker.trip: rate({ failureRatio })'],
    ['permittedNumberOfCallsInHalfOpenState', 'breaker.halfOpen.maxCalls'],
    ['maxConcurrentCalls', 'bulkhead.maxConcurrent'],
    ['timeout', 'attemptTimeoutMs'],
    ['statusCodes', 'retryStatus'],
  ])('%s', (word, name) => {
    expect(refusal({ [word]: 1 })).toBe(`TypeError: ${word} is not an option; did you mean ${name}?`);
  });

  it('has its path before it for one host, and in the options of a breaker', () => {
    expect(refusal({ hosts: { 'a.example': { mode: 'off' } } })).toContain('a.example');
    expect(refusal({ hosts: { 'a.example': { mode: 'off' } } })).toContain('.breaker.mode?');
    expect(refusal({ breaker: { threshold: 5 } })).toContain('did you mean breaker.failures?');
    expect(refusal({ breaker: { trip: { failures: 5 } } })).toContain('must be what consecutive() returns');
  });
});
