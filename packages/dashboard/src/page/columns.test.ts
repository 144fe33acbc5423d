import { describe, expect, it } from 'vitest';
import type { HostRow } from '../snapshot.ts';
import { ORDERS, type SortBy, VIEW_DEFAULTS } from '../view.ts';
import { about, COLUMNS, standing } from './columns.ts';

const NOW = 1_800_000_000_000;

const CALM: HostRow = {
  id: '0 https://a.example',
  key: 'https://a.example',
  state: 'closed',
  shadow: false,
  since: null,
  downSince: null,
  probeAt: null,
  nearness: null,
  calls: 0,
  refused: 0,
  success: null,
  spark: [],
  p50: null,
  p95: null,
  retries: 0,
  budget: null,
  inFlight: 0,
  limit: null,
  queued: 0,
};
const OPEN: HostRow = { ...CALM, state: 'open', since: NOW - 12_000, downSince: NOW - 12_000, reason: 'rate' };

function cell(sort: SortBy, row: HostRow): string[] {
  const column = COLUMNS.find(({ sort: by }) => by === sort);
  return column ? column.lines.map(line => line(row, NOW)) : [];
}

describe('a row in words', () => {
  it('is empty for a circuit that has always been closed', () => {
    expect(cell('state', CALM)).toEqual(['closed', '']);
    expect(COLUMNS.map(({ lines }) => lines[0]?.(CALM, NOW))).toEqual([
      'closed',
      'https://a.example',
      '–',
      '0',
      '0',
      '–',
      '0',
      '0',
      '–',
    ]);
  });

  it('shows how near a closed circuit is to opening, from halfway on', () => {
    expect(standing({ ...CALM, nearness: 0.49 }, NOW)).toBe('');
    expect(standing({ ...CALM, nearness: 0.999 }, NOW)).toBe('99 % to opening');
  });

  it('shows for how long a circuit has been open, why, and when the next probe is due', () => {
    expect(standing({ ...OPEN, probeAt: NOW + 3_100 }, NOW)).toBe('12 s · probe in 4 s');
    expect(standing({ ...OPEN, probeAt: NOW }, NOW)).toBe('12 s · probe due');
    expect(about({ ...OPEN, policy: 'shop' }, NOW)).toBe('shop · too many failures');
  });

  it('shows the time down if longer than the time in the state', () => {
    expect(about({ ...OPEN, downSince: NOW - 90_000 }, NOW)).toBe('too many failures · down for 1 min 30 s');
  });

  it('shows shadow mode', () => {
    expect(cell('state', { ...OPEN, shadow: true })[0]).toBe('open (shadow)');
  });

  it('shows the bulkhead and the retry budget left', () => {
    expect(cell('inflight', { ...CALM, inFlight: 20, limit: 20, queued: 3 })).toEqual(['20/20', '+3 queued']);
    expect(cell('retries', { ...CALM, retries: 0.084, budget: 34 })).toEqual(['0.08', '34 left']);
  });

  it('shows the last failure and its age', () => {
    const at = NOW - 65_000;
    expect(cell('failure', { ...CALM, lastFailure: { kind: 'status', status: 503, at } })).toEqual([
      'status 503',
      '1 min ago',
    ]);
    expect(cell('failure', { ...CALM, lastFailure: { kind: 'dns', at } })).toEqual(['dns', '1 min ago']);
  });

  it('has a column for each order except the default', () => {
    const orders: string[] = [VIEW_DEFAULTS.sort, ...COLUMNS.map(({ sort }) => sort)];
    expect(orders.sort()).toEqual(Object.keys(ORDERS).sort());
  });
});
