import { describe, expect, it } from 'vitest';
import { adapterOf, adapterPolicy, asAdapter, policyOf } from './adapter-policy.ts';
import { createHttpPolicy } from './policy.ts';

describe('the policy of an adapter', () => {
  it('is the one it was given, or one of its options', () => {
    const policy = createHttpPolicy();
    expect(policyOf(policy)).toBe(policy);
    expect(policyOf({ name: 'billing' }).name).toBe('billing');
  });

  it('is not taken from what another adapter returned, and says so', () => {
    const adapter = asAdapter(() => undefined, createHttpPolicy(), 'createFetch');
    expect(() => policyOf(adapter as never)).toThrow(
      "options must be a policy's or a policy, got what createFetch returned: pass its .policy",
    );
    expect(() => policyOf(5 as never)).toThrow('got 5');
    expect(() => policyOf(null as never)).toThrow('got null');
  });

  it('keeps the fallback that an adapter was given out of the policy that it shares', () => {
    const accept = (answer: unknown): unknown => answer;
    const fallback = (): number => 1;
    const own = adapterPolicy({ name: 'billing', fallback }, {}, accept);
    expect([own.policy.name, own.adapter]).toEqual(['billing', { fallback, accept }]);
    expect(adapterPolicy(own.policy, {}, accept)).toEqual({ policy: own.policy, adapter: { accept } });
    expect(adapterPolicy(own.policy, { fallback: false }, accept).adapter.fallback).toBe(false);
    expect(() => adapterPolicy({ fallback: 5 } as never, {}, accept)).toThrow('fallback must be a function, got 5');
    expect(() => adapterPolicy(own.policy, { fallback: 5 } as never, accept)).toThrow('must be a function, got 5');
  });
});

describe('what an adapter returns', () => {
  it('carries its policy and its maker, unseen by those who look through it', () => {
    const policy = createHttpPolicy();
    const adapter = asAdapter({ hooks: {} }, policy, 'breakerHooks');
    expect(Object.keys(adapter)).toEqual(['hooks']);
    expect(adapter.policy).toBe(policy);
    expect(adapterOf(adapter)).toBe('breakerHooks');
    expect(adapterOf({})).toBeUndefined();
    expect(adapterOf(null)).toBeUndefined();
  });
});
