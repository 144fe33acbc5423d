import { describe, expect, it } from 'vitest';
import { quantile } from '../micro/statistics.ts';
import { delays, SLOW_MS, SLOW_SHARE, USUAL_MS } from './delays.ts';

const draw = (seed: number, count: number): number[] => {
  const next = delays(seed);
  return Array.from({ length: count }, next);
};

describe('the delays of the slow server', () => {
  it('depend on the seed alone', () => {
    expect(draw(1, 1_000)).toEqual(draw(1, 1_000));
    expect(draw(1, 1_000)).not.toEqual(draw(2, 1_000));
  });

  it('are slow for the stated share, and a few milliseconds otherwise', () => {
    const drawn = draw(1, 100_000);
    const slow = drawn.filter(ms => ms >= SLOW_MS.least);
    const usual = drawn.filter(ms => ms < SLOW_MS.least);
    expect(slow.length / drawn.length).toBeCloseTo(SLOW_SHARE, 2);
    expect(Math.max(...slow)).toBeLessThan(SLOW_MS.most);
    expect(Math.min(...usual)).toBeGreaterThanOrEqual(USUAL_MS.least);
    expect(Math.max(...usual)).toBeLessThanOrEqual(USUAL_MS.most);
    expect(quantile(usual, 0.5)).toBeCloseTo(USUAL_MS.least + USUAL_MS.meanAbove * Math.LN2, 1);
  });

  it('are slow independently of earlier ones', () => {
    const drawn = draw(3, 100_000).map(ms => ms >= SLOW_MS.least);
    const afterSlow = drawn.filter((_, i) => drawn[i - 1]);
    expect(afterSlow.filter(Boolean).length / afterSlow.length).toBeCloseTo(SLOW_SHARE, 1);
  });
});
