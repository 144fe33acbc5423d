import { describe, expect, it } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { hedge } from '../hedge/hedge.ts';
import { createHttpPolicy } from '../policy/policy.ts';

const own = { name: 'own', tryAdmit: () => undefined };
const make = (options: object) => () => createHttpPolicy(options);

describe('strategies', () => {
  it.each<[unknown, string]>([
    [own, 'TypeError: strategies must be a list of strategies, got {"name":"own"}'],
    [[null], 'TypeError: strategies[0] must be a strategy with a name, got null'],
    [[own, { tryAdmit: own.tryAdmit }], 'TypeError: strategies[1] must be a strategy with a name, got {}'],
    [[own, own], 'RangeError: strategies[1].name must be its own, got "own"'],
    [
      [bulkhead({ maxConcurrent: 1 })],
      'RangeError: strategies[0].name must be its own, got "bulkhead": give such a strategy as the option bulkhead',
    ],
    [
      [own, hedge({ delayMs: 1 })],
      'RangeError: strategies[1].name must be its own, got "hedge": give such a strategy as the option hedge',
    ],
    [
      [{ name: 'stale', answer: () => undefined }],
      'RangeError: strategies[0].name must be its own, got "stale": give such a strategy as the option stale',
    ],
    [[{ name: 'own', admit: 1 }], 'TypeError: strategies[0].admit must be a function, got 1'],
    [
      [{ name: 'own', keep: () => undefined }],
      'TypeError: strategies[0] must be given as stale, since it has the hook keep',
    ],
  ])('%# are refused', (strategies, message) => {
    let error: unknown;
    try {
      make({ strategies })();
    } catch (thrown) {
      error = thrown;
    }
    expect(String(error)).toBe(message);
  });

  it('are accepted with names of their own', () => {
    expect(make({ strategies: [own, { ...own, name: 'other' }] })).not.toThrow();
  });
});

describe('bulkhead and hedge', () => {
  it.each(['bulkhead', 'hedge'])('%s refuses plain options and names the import', option => {
    expect(make({ [option]: { delayMs: 1 } })).toThrow(
      `${option} must be what ${option}() returns, got {"delayMs":1}: import { ${option} } from the adapter's package`,
    );
  });
});
