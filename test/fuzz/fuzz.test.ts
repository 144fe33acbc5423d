import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { campaign, KINDS } from './campaign.ts';
import { SUBJECTS } from './subjects.ts';

/** A fixed part of `npm run fuzz`. */
const RUNS = 100;
const SEED = 1;
/** Under 3 s per adapter on an idle machine. Each wait inside has its own limit, which reports a hang. */
const LIMIT_MS = 120_000;

beforeEach(() => {
  // Hooks fail on purpose, so their reports are no result.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

describe('with any options, hooks, bodies, signals and servers', () => {
  it.each(SUBJECTS)('$name leaks nothing, and no call hangs', { timeout: LIMIT_MS }, async subject => {
    const { counts, failures } = await campaign(subject, { runs: RUNS, seed: SEED, together: 20, shrink: 2 });
    const lines = failures.map(({ seed, faults, plan }) => [
      `seed ${seed}: ${plan}`,
      ...faults.map(({ kind, detail }) => `${kind}: ${detail}`),
    ]);
    expect(lines).toEqual([]);
    expect(counts).toEqual(Object.fromEntries(KINDS.map(kind => [kind, 0])));
  });
});
