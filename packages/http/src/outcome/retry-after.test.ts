import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);
const read = (headers: Record<string, string>, status = 503): number | undefined =>
  retryAfterMs({ get: name => headers[name] ?? null }, status, NOW);

const table: [value: string, ms: number | undefined][] = [
  ['0', 0],
  ['120', 120_000],
  ['1000000000000000000000000000000', 1_000 * 1e30],
  ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
  ['Monday, 23-Nov-26 12:00:30 GMT', 30_000],
  ['Mon Nov 23 12:00:30 2026', 30_000],
  ['Tue Dec  1 12:00:00 2026', 8 * 86_400_000],
  ['Mon, 23 Nov 2026 11:59:59 GMT', undefined],
  ['Sunday, 06-Nov-94 08:49:37 GMT', undefined],
  ['-1', undefined],
  ['1.5', 1_500],
  ['2 ', 2_000],
  [' Mon, 23 Nov 2026 12:00:30 GMT ', 30_000],
  ['.5', undefined],
  ['1.', undefined],
  ['1, 1', undefined],
  ['+5', undefined],
  ['0x10', undefined],
  ['1e3', undefined],
  ['abc', undefined],
  ['', undefined],
  ['2026-11-23T12:00:30Z', undefined],
  ['120, 60', undefined],
  ['Mon, 23 Nov 2026 12:00:30 GMT, 5', undefined],
  ['Mon, 99 Nov 2026 99:00:30 GMT', undefined],
  ['9'.repeat(1_000_000), undefined],
];

describe('Retry-After', () => {
  for (const [value, ms] of table) {
    it(`${value.slice(0, 40)} requests ${ms} ms`, () => {
      expect(read({ 'retry-after': value })).toBe(ms);
    });
  }

  it("is read against the response's own Date", () => {
    const headers = { 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT', date: 'Mon, 23 Nov 2026 12:00:20 GMT' };
    expect(read(headers)).toBe(10_000);
    expect(read({ ...headers, date: 'yesterday' })).toBe(30_000);
  });

  it('gives way to RateLimit-Reset on a 429 only, as seconds or as an epoch time', () => {
    expect(read({ 'ratelimit-reset': '7' }, 429)).toBe(7_000);
    expect(read({ 'ratelimit-reset': String(NOW / 1_000 + 9) }, 429)).toBe(9_000);
    expect(read({ 'ratelimit-reset': String(NOW / 1_000 - 9) }, 429)).toBeUndefined();
    expect(read({ 'ratelimit-reset': '7' }, 500)).toBeUndefined();
    expect(read({ 'retry-after': '2', 'ratelimit-reset': '7' }, 429)).toBe(2_000);
  });

  it('never throws, and is never negative', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, date) => {
        const ms = read({ 'retry-after': value, date }, 429);
        expect(ms === undefined || ms >= 0).toBe(true);
      }),
    );
  });
});
