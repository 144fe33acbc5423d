import fc from 'fast-check';
import { expect, it } from 'vitest';
import { receivedDiff, receivedSnapshot } from './received.ts';
import { type DashboardSnapshot, patched } from './snapshot.ts';
import { renderTop } from './top/render-top.ts';
import { ORDERS, type SortBy, select, VIEW_DEFAULTS } from './view.ts';

const ROW = {
  id: '0 https://a.example',
  key: 'https://a.example',
  policy: 'shop',
  state: 'open',
  shadow: false,
  since: 1,
  downSince: 1,
  probeAt: 2,
  reason: 'rate',
  nearness: null,
  calls: 1,
  refused: 0,
  success: 99.5,
  spark: [1, null, 100],
  p50: 3,
  p95: 4,
  retries: 0.1,
  budget: 5,
  inFlight: 1,
  limit: 8,
  queued: 0,
  lastFailure: { kind: 'status', status: 503, at: 1 },
};
const EVENT = {
  n: 1,
  at: 1,
  id: ROW.id,
  key: ROW.key,
  policy: 'shop',
  from: 'closed',
  to: 'open',
  reason: 'rate',
  cause: 'ECONNRESET',
  by: 'anna',
};
const WHOLE = {
  v: 1,
  at: 1_000,
  title: 'shop',
  control: false,
  totals: { circuits: 1, open: 1, halfOpen: 0, isolated: 0, calls: 1, refused: 0 },
  matching: 1,
  hosts: [ROW],
  events: [EVENT],
};

/** Replacements for any value. */
const ODD: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  '\u001b[2J\u202e\n',
  'x'.repeat(100_000),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  1e300,
  1e-300,
  [],
  [null, 1, 'x', {}],
  {},
  { length: 1e9 },
  '__proto__',
  'constructor',
];

/** Every path in a value, as a list of keys. */
function placesIn(value: unknown): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([key, each]) => placesIn(each).map(rest => [key, ...rest]));
  return [[], ...below];
}

function withOdd(value: unknown, [key, ...rest]: readonly (string | number)[], odd: unknown): unknown {
  if (key === undefined) return odd;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = withOdd(copy[key], rest, odd);
  return copy;
}

/** Returns the widest line. Throws if the snapshot cannot be shown. */
function show(snapshot: DashboardSnapshot): void {
  for (const sort of Object.keys(ORDERS) as SortBy[]) {
    const view = { ...VIEW_DEFAULTS, sort };
    const { rows, matching } = select(snapshot.hosts, view);
    const options = { now: 2_000, columns: 120, rows: 30, colour: false, connection: { live: true }, view } as const;
    const lines = renderTop({ ...snapshot, hosts: rows, matching }, options);
    expect(lines.length).toBeLessThanOrEqual(30);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
  }
}

it('accepts a valid snapshot and a valid difference unchanged', () => {
  expect(receivedSnapshot(structuredClone(WHOLE))).toEqual(WHOLE);
  const { v: _, title: __, control: ___, ...diff } = WHOLE;
  expect(receivedDiff({ ...diff, order: [ROW.id] })).toEqual({ ...diff, order: [ROW.id] });
});

it.each(placesIn(WHOLE).map(place => [place.join('.') || 'the whole', place] as const))(
  'shows the rest, or rejects the snapshot, with any replacement of %s',
  (_, place) => {
    for (const odd of ODD) {
      const value = withOdd(WHOLE, place, odd);
      const snapshot = receivedSnapshot(value);
      if (snapshot) show(snapshot);
      const diff = receivedDiff(value);
      if (diff) show(patched(receivedSnapshot(WHOLE) as DashboardSnapshot, diff));
    }
  },
);

it('accepts any value, and returns nothing that cannot be shown', () => {
  const fields = fc.dictionary(fc.constantFrom(...Object.keys(ROW), ...Object.keys(EVENT), 'x'), fc.anything());
  const rows = fc.array(fc.oneof(fields, fc.anything()), { maxLength: 4 });
  const any = fc.record({ v: fc.constant(1), at: fc.anything(), totals: fc.anything(), hosts: rows, events: rows });
  fc.assert(
    fc.property(fc.oneof(any, fc.anything()), value => {
      const snapshot = receivedSnapshot(value);
      if (snapshot) show(snapshot);
      const diff = receivedDiff(value);
      if (diff) show(patched(receivedSnapshot(WHOLE) as DashboardSnapshot, diff));
    }),
    { numRuns: 500, seed: 15 },
  );
});
