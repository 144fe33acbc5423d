import { describe, expect, it } from 'vitest';
import { asDoor, doorOf, doorPolicy, policyOf } from './adapter-policy.ts';
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

  it('keeps the fallback that a door was given out of the policy that it shares', () => {
    const accept = (answer: unknown): unknown => answer;
    const fallback = (): number => 1;
    const own = doorPolicy({ name: 'billing', fallback }, {}, accept);
    expect([own.policy.name, own.door]).toEqual(['billing', { fallback, accept }]);
    expect(doorPolicy(own.policy, {}, accept)).toEqual({ policy: own.policy, door: { accept } });
    expect(doorPolicy(own.policy, { fallback: false }, accept).door.fallback).toBe(false);
    expect(() => doorPolicy({ fallback: 5 } as never, {}, accept)).toThrow('fallback must be a function, got 5');
    expect(() => doorPolicy(own.policy, { fallback: 5 } as never, accept)).toThrow('must be a function, got 5');
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
