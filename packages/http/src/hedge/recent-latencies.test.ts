import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LATENCIES_KEPT, RecentLatencies } from './recent-latencies.ts';

it('knows nothing in the beginning', () => {
  const latencies = new RecentLatencies();
  expect([latencies.size, latencies.percentile(0.95)]).toEqual([0, undefined]);
});

it.each([
  [0.95, 20],
  [0.5, 11],
  [0.99, 20],
  [0.9, 19],
])('after 1 to 20 the share %d takes at most %d', (share, expected) => {
  const latencies = new RecentLatencies();
  for (let ms = 20; ms >= 1; ms--) latencies.add(ms);
  expect(latencies.percentile(share)).toBe(expected);
});

it('keeps the last answers and forgets those before', () => {
  const latencies = new RecentLatencies();
  for (let i = 0; i < 1_000; i++) latencies.add(500);
  for (let i = 0; i < LATENCIES_KEPT; i++) latencies.add(1);
  expect([latencies.size, latencies.percentile(0.99)]).toEqual([LATENCIES_KEPT, 1]);
});

it.each([20, 100, 255, LATENCIES_KEPT])('is exceeded by no more than its share of what comes next, after %d', size => {
  const all = Array.from({ length: size + 1 }, (_, ms) => ms);
  for (const share of [0.5, 0.9, 0.95]) {
    const exceeding = all.filter(
      next =>
        next >
        percentileOf(
          all.filter(ms => ms !== next),
          share,
        ),
    );
    expect(exceeding.length / all.length).toBeLessThanOrEqual(1 - share + 1e-9);
  }
});

function percentileOf(all: readonly number[], share: number): number {
  const latencies = new RecentLatencies();
  for (const ms of all) latencies.add(ms);
  return latencies.percentile(share) ?? Number.NaN;
}

it('is never more than sixteen answers behind a sorted list', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 600 }), all => {
      const latencies = new RecentLatencies();
      const answers: (number | undefined)[] = [];
      for (const [i, ms] of all.entries()) {
        latencies.add(ms);
        const kept = all.slice(Math.max(0, i + 1 - LATENCIES_KEPT), i + 1).sort((a, b) => a - b);
        answers.push(kept[Math.min(Math.ceil((kept.length + 1) * 0.9 - 1e-9), kept.length) - 1]);
        expect(answers.slice(-16)).toContain(latencies.percentile(0.9));
      }
    }),
    { numRuns: 50 },
  );
});
