import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileStatusSpec } from './status-spec.ts';

describe('a status spec', () => {
  it('takes classes, statuses, ranges and exclusions, in any order', () => {
    const test = compileStatusSpec('s', ['!501', '5xx', 429, '460-463', 999]);
    const matched = Array.from({ length: 1_100 }, (_, status) => status).filter(test);
    expect(matched).toContain(429);
    expect(matched).not.toContain(501);
    expect(matched.filter(s => s < 500)).toEqual([429, 460, 461, 462, 463]);
    expect(matched.filter(s => s >= 500)).toHaveLength(100);
    expect([0, -1, 1e9, Number.NaN, 500.5].some(test)).toBe(false);
  });

  it('takes a function, and its answer as true or false', () => {
    const test = compileStatusSpec('s', (status: number) => (status === 418 ? 'yes' : undefined) as never);
    expect([test(418), test(200)]).toEqual([true, false]);
  });

  it('refuses a function that returns a promise, whose rejection is handled', () => {
    const test = compileStatusSpec('failureStatus', (async () => Promise.reject(new Error('no'))) as never);
    expect(() => test(200)).toThrow('failureStatus must return its answer at once, got a promise');
  });

  it('agrees with a plain reading of random specs', () => {
    const status = fc.integer({ min: 100, max: 999 });
    const item = fc.oneof(
      status.map(n => ({ item: n, has: (s: number) => s === n })),
      fc.tuple(status, status).map(([a, b]) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        return { item: `${low}-${high}` as const, has: (s: number) => s >= low && s <= high };
      }),
      fc.constantFrom(1, 2, 3, 4, 5).map(c => ({ item: `${c}xx`, has: (s: number) => Math.floor(s / 100) === c })),
    );
    fc.assert(
      fc.property(fc.array(item), status, status, (items, without, probe) => {
        const test = compileStatusSpec('s', [...items.map(i => i.item), `!${without}`]);
        expect(test(probe)).toBe(probe !== without && items.some(i => i.has(probe)));
      }),
    );
  });

  for (const bad of [99, 1000, 4.5, '6xx', '5XX', '500-400', '!4xx', '!500-501', '500 ', '', '429,503', '-5']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      expect(() => compileStatusSpec('failureStatus', [200, bad])).toThrow(RangeError);
      expect(() => compileStatusSpec('failureStatus', [200, bad])).toThrow(/^failureStatus\[1\] must be a status/);
    });
  }

  it('refuses other shapes', () => {
    for (const bad of ['5xx', 500, null, {}]) expect(() => compileStatusSpec('s', bad)).toThrow(TypeError);
    expect(() => compileStatusSpec('s', [null])).toThrow(TypeError);
  });
});
