import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { campaign, KINDS } from './campaign.ts';
import { SUBJECTS } from './subjects.ts';

/** A part of `npm run fuzz`, the same each time. */
const RUNS = 100;
const SEED = 1;
/** Under 3 s for an adapter on a quiet machine. Each wait inside has a limit of its own, which says what hangs. */
const LIMIT_MS = 120_000;

beforeEach(() => {
  // Hooks fail on purpose, and what is reported of them is no result.
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

describe('whatever its options, hooks, bodies, signals and servers do', () => {
  it.each(SUBJECTS)('$name leaves nothing behind, and no call hangs', { timeout: LIMIT_MS }, async subject => {
    const { counts, failures } = await campaign(subject, { runs: RUNS, seed: SEED, together: 20, shrink: 2 });
    const lines = failures.map(({ seed, faults, plan }) => [
      `seed ${seed}: ${plan}`,
      ...faults.map(({ kind, detail }) => `${kind}: ${detail}`),
    ]);
    expect(lines).toEqual([]);
    expect(counts).toEqual(Object.fromEntries(KINDS.map(kind => [kind, 0])));
  });
});
