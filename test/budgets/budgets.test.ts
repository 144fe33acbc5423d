import { beforeAll, describe, expect, it } from 'vitest';
import { CEILINGS, type CountId } from './ceilings.ts';
import { cyclesOf } from './cycles.ts';
import { type Count, measure } from './measure.ts';
import { QUICK } from './running.ts';
import { withCeilings } from './set-ceilings.ts';

/** Everything runs in other processes, which share two cores with the other tests. */
const TIMEOUT_MS = 120_000;

describe('the budgets', () => {
  let counts: Map<CountId, Count>;

  beforeAll(async () => {
    counts = new Map((await measure(QUICK)).map(count => [count.id, count]));
  }, TIMEOUT_MS);

  for (const [id, row] of Object.entries(CEILINGS)) {
    if (!('ceiling' in row)) continue;
    it(`keep ${id} at ${row.ceiling} ${row.unit} at most: ${row.what}`, () => {
      expect(counts.get(id as CountId)?.value).toBeLessThanOrEqual(row.ceiling);
    });
  }

  it('count what has been measured, and not nothing', () => {
    for (const id of ['fetch.calls', 'axios.calls', 'got.calls', 'undici.calls'] as const) {
      expect(counts.get(id)?.value, id).toBeGreaterThan(20);
    }
    expect(counts.get('cockatiel.size')?.value).toBeGreaterThan(1_000);
    expect(counts.get('functions.longest')?.value).toBeGreaterThan(10);
  });
});

describe('the table of ceilings', () => {
  const text = `
  'fetch.calls': { what: NO_BODY, unit: 'per call', budget: 90, ceiling: 192 },
  'fetch.bytes': {
    what: NO_BODY,
    ceiling: 7_980,
  },
  'fetch.size': { what: 'createFetch', ceiling: 53_000 },`;
  const counts = [
    { id: 'fetch.calls', unit: 'per call', value: 200, ceiling: 192 },
    { id: 'fetch.bytes', unit: 'bytes per call', value: 1_000, ceiling: 7_980 },
    { id: 'fetch.size', unit: 'bytes', value: 16_001, ceiling: 53_000 },
    { id: 'ky.size', unit: 'bytes', value: 9_000 },
  ] as const;

  it('is lowered to what was measured, with a margin for bytes', () => {
    const lowered = withCeilings(text, counts, 'lower');
    expect(lowered.match(/ceiling: \d[\d_]*/g)).toEqual(['ceiling: 192', 'ceiling: 1_050', 'ceiling: 16_802']);
    expect(withCeilings(text, counts, 'set')).toContain('budget: 90, ceiling: 200 }');
  });

  it('must have the row', () => {
    expect(() => withCeilings('', counts, 'set')).toThrow(new RangeError('there is no ceiling for "fetch.calls"'));
  });
});

describe('cycles of imports', () => {
  it('are groups of files that reach each other', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e']],
      ['e', ['d', 'elsewhere']],
      ['f', ['a']],
    ]);
    expect(cyclesOf(graph)).toEqual([
      ['d', 'e'],
      ['a', 'b', 'c'],
    ]);
    expect(cyclesOf(new Map([['a', ['a']]]))).toEqual([['a']]);
    expect(cyclesOf(new Map([['a', ['b']]]))).toEqual([]);
  });
});
