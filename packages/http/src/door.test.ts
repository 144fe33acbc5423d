import { describe, expect, it } from 'vitest';
import { asDoor, doorOf, policyOf, policyWithoutFallback } from './door.ts';
import { createHttpPolicy } from './policy.ts';

describe('the policy of a door', () => {
  it('is the one it was given, or one of its options', () => {
    const policy = createHttpPolicy();
    expect(policyOf(policy)).toBe(policy);
    expect(policyOf({ name: 'billing' }).name).toBe('billing');
  });

  it('is not taken from what another door returned, and says so', () => {
    const door = asDoor(() => undefined, createHttpPolicy(), 'createFetch');
    expect(() => policyOf(door as never)).toThrow(
      "options must be a policy's or a policy, got what createFetch returned: pass its .policy",
    );
    expect(() => policyOf(5 as never)).toThrow('got 5');
    expect(() => policyOf(null as never)).toThrow('got null');
  });

  it('has no fallback where the door cannot give its answer', () => {
    expect(() => policyWithoutFallback({ fallback: () => 1 }, 'got')).toThrow(
      'fallback is not offered behind the got door, got a function',
    );
    expect(policyWithoutFallback({}, 'got').name).toBeUndefined();
  });
});

describe('what a door returns', () => {
  it('carries its policy and its maker, unseen by those who look through it', () => {
    const policy = createHttpPolicy();
    const door = asDoor({ hooks: {} }, policy, 'breakerHooks');
    expect(Object.keys(door)).toEqual(['hooks']);
    expect(door.policy).toBe(policy);
    expect(doorOf(door)).toBe('breakerHooks');
    expect(doorOf({})).toBeUndefined();
    expect(doorOf(null)).toBeUndefined();
  });
});
