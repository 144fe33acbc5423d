import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatCountdown,
  formatDuration,
  formatLatency,
  formatPercent,
  formatRate,
  formatSpark,
} from './format.ts';

const S = 1_000;
const HOUR = 3_600 * S;

describe('numbers in columns', () => {
  it.each([
    [-5, '0s'],
    [59_999, '59s'],
    [60 * S, '1m00s'],
    [725 * S, '12m05s'],
    [HOUR - 1, '59m59s'],
    [3 * HOUR + 7 * 60 * S, '3h07m'],
    [24 * HOUR, '1d00h'],
    [99 * 24 * HOUR, '99d00h'],
    [120 * 24 * HOUR, '120d'],
  ])('formats a time of %i ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [4_001, '5s'],
    [4_000, '4s'],
    [1, '1s'],
    [0, 'due'],
    [-1, 'due'],
    [59_500, '1m00s'],
  ])('counts %i ms down', (ms, text) => {
    expect(formatCountdown(ms)).toBe(text);
  });

  it.each([
    [0, '0'],
    [0.01, '<0.1'],
    [0.44, '0.4'],
    [9.94, '9.9'],
    [9.95, '10'],
    [812.3, '812'],
    [12_345, '12.3k'],
    [999_950, '1.0M'],
  ])('formats a rate of %d', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  it('rounds a count to the next step, not beyond it', () => {
    expect([9_999, 9_999.5, 999_949].map(formatCount)).toEqual(['9999', '10.0k', '999.9k']);
  });

  it.each([
    [null, '-'],
    [100, '100'],
    [99.99, '99.9'],
    [99, '99'],
    [62.9, '62'],
    [3.25, '3.3'],
    [0, '0'],
  ])('formats %d per cent', (percent, text) => {
    expect(formatPercent(percent)).toBe(text);
  });

  it.each([
    [null, '-'],
    [0, '0ms'],
    [23.4, '23ms'],
    [999.5, '1.0s'],
    [9_949, '9.9s'],
    [75_000, '75s'],
  ])('formats a latency of %d', (ms, text) => {
    expect(formatLatency(ms)).toBe(text);
  });

  it('draws blocks, the highest for 100 alone, a space for a gap', () => {
    expect(formatSpark([0, 15, 30, 45, 60, 75, 99, 100, null, 100], 10)).toBe('▁▂▃▄▅▆▇█ █');
  });

  it('draws the latest values, aligned right', () => {
    expect(formatSpark([0, 0, 100], 2)).toBe('▁█');
    expect(formatSpark([100], 3)).toBe('  █');
  });
});
