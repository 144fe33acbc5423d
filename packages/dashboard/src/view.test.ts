import { describe, expect, it } from 'vitest';
import { ORDERS, QueryError, type Sortable, select, VIEW_DEFAULTS, viewOf } from './view.ts';

const row = (key: string, what: Partial<Sortable> = {}): Sortable => ({
  id: `0 ${key}`,
  key,
  state: 'closed',
  since: null,
  downSince: null,
  nearness: null,
  calls: 0,
  refused: 0,
  success: null,
  p95: null,
  retries: 0,
  inFlight: 0,
  ...what,
});
const keys = (rows: readonly Sortable[], view: Partial<typeof VIEW_DEFAULTS> = {}): string[] =>
  select(rows, { ...VIEW_DEFAULTS, ...view }).rows.map(({ key }) => key);

describe('trouble', () => {
  it('sorts by: longest open, half-open, isolated, nearest to opening, busiest, name', () => {
    const rows = [
      row('quiet-b'),
      row('quiet-a'),
      row('busy', { calls: 9 }),
      row('near', { nearness: 0.8 }),
      row('isolated', { state: 'isolated', downSince: 1 }),
      row('probing', { state: 'half-open', downSince: 1 }),
      row('open', { state: 'open', downSince: 9 }),
      row('open-longer', { state: 'open', downSince: 5 }),
    ];
    const inOrder = ['open-longer', 'open', 'probing', 'isolated', 'near', 'busy', 'quiet-a', 'quiet-b'];
    expect(keys(rows)).toEqual(inOrder);
    expect(keys(rows, { limit: 2 })).toEqual(inOrder.slice(0, 2));
  });
});

describe('each column', () => {
  const rows = [row('a', { calls: 1, success: 50, p95: 9 }), row('b', { calls: 2, success: null, p95: null })];

  it('has the most relevant first, and unknown values last', () => {
    expect(keys(rows, { sort: 'calls' })).toEqual(['b', 'a']);
    expect(keys(rows, { sort: 'success' })).toEqual(['a', 'b']);
    expect(keys(rows, { sort: 'latency' })).toEqual(['a', 'b']);
  });

  it.each(Object.keys(ORDERS) as (keyof typeof ORDERS)[])('%s can be reversed', sort => {
    const three = [
      row('a', {
        calls: 1,
        refused: 1,
        success: 90,
        p95: 1,
        retries: 1,
        inFlight: 1,
        lastFailure: { kind: 'reset', at: 1 },
      }),
      row('b', {
        state: 'open',
        since: 5,
        calls: 2,
        refused: 2,
        success: 80,
        p95: 2,
        retries: 2,
        inFlight: 2,
        lastFailure: { kind: 'reset', at: 2 },
      }),
    ];
    expect(keys(three, { sort, reversed: true })).toEqual(keys(three, { sort }).reverse());
  });
});

describe('the filter', () => {
  it('searches the key and the name of the policy, ignoring case', () => {
    const rows = [row('https://api.example'), row('https://b', { policy: 'Payments' }), row('https://c')];
    expect(keys(rows, { filter: 'API' })).toEqual(['https://api.example']);
    expect(keys(rows, { filter: 'pay' })).toEqual(['https://b']);
    expect(select(rows, { ...VIEW_DEFAULTS, filter: 'https', limit: 1 })).toMatchObject({ matching: 3 });
  });
});

describe('a query', () => {
  it('is a view, or the default one', () => {
    expect(viewOf(new URLSearchParams())).toEqual(VIEW_DEFAULTS);
    expect(viewOf(new URLSearchParams('filter=a%20b&sort=calls&reversed&limit=7'))).toEqual({
      filter: 'a b',
      sort: 'calls',
      reversed: true,
      limit: 7,
    });
  });

  it.each([
    ['sort=constructor', 'sort must be one of trouble, key, state'],
    ['limit=0', 'limit must be a whole number from 1 to 1000, got "0"'],
    ['limit=1001', 'got "1001"'],
    ['limit=many', 'got "many"'],
    [`filter=${'x'.repeat(201)}`, 'filter must be at most 200 characters, got "201"'],
  ])('%s is refused', (query, message) => {
    expect(() => viewOf(new URLSearchParams(query))).toThrow(QueryError);
    expect(() => viewOf(new URLSearchParams(query))).toThrow(message);
  });
});
