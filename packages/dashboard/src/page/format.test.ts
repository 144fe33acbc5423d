import { describe, expect, it } from 'vitest';
import { ago, count, countdown, duration, latencies, latency, percent, rate, share, timeOfDay } from './format.ts';

describe('what the page writes', () => {
  it.each([
    [-500, '0 s'],
    [999, '0 s'],
    [12_400, '12 s'],
    [60_000, '1 min'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [3_659_000, '1 h'],
    [8_040_000, '2 h 14 min'],
    [187_200_000, '2 d 4 h'],
  ])('formats a duration of %d ms as %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [1, '1 s'],
    [1_001, '2 s'],
    [59_500, '1 min'],
  ])('counts %d ms down as %s', (ms, text) => expect(countdown(ms)).toBe(text));

  it.each([
    [-2_000, 'just now'],
    [900, 'just now'],
    [59_999, '59 s ago'],
    [185_000, '3 min ago'],
  ])('formats an age of %d ms as %s', (ms, text) => expect(ago(ms)).toBe(text));

  it.each([
    [0, '0'],
    [0.04, '<0.1'],
    [0.42, '0.4'],
    [3, '3'],
    [9.96, '10'],
    [12.4, '12'],
    [1_234.4, '1,234'],
    [123_456, '123k'],
  ])('formats a rate of %d as %s', (value, text) => expect(rate(value)).toBe(text));

  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.2, '<1 %'],
    [62.4, '62 %'],
    [98.9, '99 %'],
    [99.97, '99.9 %'],
    [100, '100 %'],
  ])('formats %s per cent as %s', (value, text) => expect(percent(value)).toBe(text));

  it('shows no share without a total', () => {
    expect(share(0, 0)).toBe('–');
    expect(share(31, 50)).toBe('62 %');
  });

  it.each([
    [null, '–'],
    [23.4, '23 ms'],
    [1_000, '1 s'],
    [1_540, '1.5 s'],
    [12_345, '12 s'],
  ])('formats a latency of %s ms as %s', (ms, text) => expect(latency(ms)).toBe(text));

  it('formats two latencies, with both units if they differ', () => {
    expect(latencies(10.2, 95)).toBe('10 / 95 ms');
    expect(latencies(10, 1_200)).toBe('10 ms / 1.2 s');
    expect(latencies(null, null)).toBe('–');
  });

  it('groups thousands', () => expect([count(0), count(999), count(5_000)]).toEqual(['0', '999', '5,000']));

  it('includes the date on another day', () => {
    const at = new Date(2026, 10, 5, 9, 8, 7).getTime();
    expect(timeOfDay(at, at + 1_000)).toBe('09:08:07');
    expect(timeOfDay(at, at + 86_400_000)).toBe('5 Nov 09:08:07');
  });
});
