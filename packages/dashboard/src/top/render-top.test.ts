import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT, makeRow, makeSnapshot } from '../../../../test/dashboard/fake-dashboard.ts';
import type { TimelineEntry } from '../snapshot.ts';
import { VIEW_DEFAULTS } from '../view.ts';
import { type RenderOptions, renderTop } from './render-top.ts';
import { widthOf } from './text.ts';

const OPTIONS: RenderOptions = {
  now: AT,
  columns: 120,
  rows: 16,
  colour: false,
  connection: { live: true },
  view: VIEW_DEFAULTS,
  timeOfDay: at => new Date(at).toISOString().slice(11, 19),
};

const OPEN = makeRow('https://payments.example', {
  state: 'open',
  since: AT - 75_000,
  downSince: AT - 75_000,
  probeAt: AT + 3_200,
  calls: 800,
  refused: 41.2,
  success: 12.5,
  spark: [...Array<null>(12).fill(null), 100, 100, 90, 72, 58, 43, 29, 15, 0, null, null, 0],
  p95: 1_230,
  lastFailure: { kind: 'status', status: 503, at: AT - 4_000 },
});
const HALF_OPEN = makeRow('http://search.example:8080', {
  policy: 'orders',
  state: 'half-open',
  since: AT - 1_000,
  lastFailure: { kind: 'connect-timeout', at: AT - 187_000 },
});
const ISOLATED = makeRow('https://mail.example', {
  state: 'isolated',
  since: AT - 7_300_000,
  calls: 0,
  success: null,
  spark: [],
});
const CLOSED = makeRow('https://stock.example', { calls: 0.02, success: 99.97 });
const ROWS = [OPEN, HALF_OPEN, ISOLATED, CLOSED];

const EVENTS: TimelineEntry[] = [
  {
    n: 0,
    at: AT - 90_000,
    id: 'm',
    key: 'https://mail.example',
    from: 'closed',
    to: 'isolated',
    reason: 'manual',
    by: 'ann',
  },
  { n: 1, at: AT - 75_000, id: 'p', key: OPEN.key, from: 'closed', to: 'open', reason: 'rate', cause: 'ECONNREFUSED' },
  {
    n: 2,
    at: AT - 1_000,
    id: 's',
    key: HALF_OPEN.key,
    policy: 'orders',
    from: 'open',
    to: 'half-open',
    reason: 'open-elapsed',
  },
];
const SNAPSHOT = makeSnapshot(ROWS, { events: EVENTS });

const render = (options: Partial<RenderOptions> = {}, snapshot = SNAPSHOT): string[] =>
  renderTop(snapshot, { ...OPTIONS, ...options });

describe('the dashboard as text', () => {
  it('fits 120 columns', () => {
    expect(`\n${render().join('\n')}\n`).toMatchInlineSnapshot(`
      "
      1 open, 1 half-open, 1 isolated of 4 circuits | 813 calls/s | 41 refused/s | live | shop
      state          for  probe host                          ok % ok, 1 minute calls/s refused/s   p95 last failure, age
      ▲ open       1m15s     4s payments.example                12 ██▇▆▅▄▃▂▁  ▁     800        41  1.2s 503 4s
      ◐ half-open     1s        http://search.example:8080 (…  100 ████████████      13         0 180ms connect-timeout 3m07s
      ⏸ isolated   2h01m        mail.example                     -                    0         0 180ms
      ● closed         -        stock.example                 99.9 ████████████    <0.1         0 180ms





      latest transitions
      11:59:59 http://search.example:8080 (orders) open -> ◐ half-open     open-elapsed
      11:58:45 payments.example                    closed -> ▲ open        rate, ECONNREFUSED
      11:58:30 mail.example                        closed -> ⏸ isolated    manual, by ann
      q quit | s sort: trouble | r reverse | / filter
      "
    `);
  });

  it('has room for everything in 200 columns', () => {
    expect(`\n${render({ columns: 200, rows: 8 }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      1 open, 1 half-open, 1 isolated of 4 circuits | 813 calls/s | 41 refused/s | live | shop
      state          for  probe host                                ok % ok, 2 minutes            calls/s refused/s   p50   p95 retry/call budget in flight last failure, age
      ▲ open       1m15s     4s payments.example                      12             ██▇▆▅▄▃▂▁  ▁     800        41  23ms  1.2s          0     10         3 503 4s
      ◐ half-open     1s        http://search.example:8080 (orders)  100 ████████████████████████      13         0  23ms 180ms          0     10         3 connect-timeout 3m07s
      and 2 more
      latest transitions
      11:59:59 http://search.example:8080 (orders) open -> ◐ half-open     open-elapsed
      q quit | s sort: trouble | r reverse | / filter
      "
    `);
  });

  it('fits 80 columns', () => {
    expect(`\n${render({ columns: 80, rows: 12 }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      1 open, 1 half-open, 1 isolated of 4 circuits | 41 refused/s | live
      state          for  probe host               ok % ok, 1 minute calls/s refused/s
      ▲ open       1m15s     4s payments.example     12 ██▇▆▅▄▃▂▁  ▁     800        41
      ◐ half-open     1s        http://search.exa…  100 ████████████      13         0
      ⏸ isolated   2h01m        mail.example          -                    0         0
      ● closed         -        stock.example      99.9 ████████████    <0.1         0


      latest transitions
      11:59:59 http://search.example:808… open -> ◐ half-open     open-elapsed
      11:58:45 payments.example           closed -> ▲ open        rate, ECONNREFUSED
      q quit | s sort: trouble | r reverse | / filter
      "
    `);
  });

  it('fits 60 columns', () => {
    expect(`\n${render({ columns: 60, rows: 12 }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      1 open, 1 half-open, 1 isolated of 4 circuits | live
      state          for host               ok % calls/s refused/s
      ▲ open       1m15s payments.example     12     800        41
      ◐ half-open     1s http://search.exa…  100      13         0
      ⏸ isolated   2h01m mail.example          -       0         0
      ● closed         - stock.example      99.9    <0.1         0


      latest transitions
      11:59:59 http://search.examp… open -> ◐ half-open     open-…
      11:58:45 payments.example     closed -> ▲ open        rate,…
      q quit | s sort: trouble | r reverse | / filter
      "
    `);
  });

  it('is printed once without a foot, with full names', () => {
    const { connection: _, ...once } = OPTIONS;
    const infinite = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
    const long = makeSnapshot([makeRow(`https://${'long.'.repeat(30)}example`)]);
    const { events } = SNAPSHOT;
    expect(`\n${renderTop({ ...long, events }, { ...once, ...infinite }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      0 open of 1 circuit | 13 calls/s | 0 refused/s | shop
      state          for  probe host                                                                                                                                                          ok % ok, 2 minutes            calls/s refused/s   p50   p95 retry/call budget in flight last failure, age
      ● closed         -        long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.long.example  100 ████████████████████████      13         0  23ms 180ms          0     10         3

      latest transitions
      11:59:59 http://search.example:8080 (orders) open -> ◐ half-open     open-elapsed
      11:58:45 payments.example                    closed -> ▲ open        rate, ECONNREFUSED
      11:58:30 mail.example                        closed -> ⏸ isolated    manual, by ann
      "
    `);
  });

  it.each([
    ['latency', 'p95'],
    ['retries', 'retry/call'],
    ['inflight', 'in flight'],
    ['failure', 'last failure, age'],
    ['calls', 'calls/s'],
  ] as const)('has what it is sorted by also where there is little room: %s', (sort, title) => {
    expect(render({ columns: 60, view: { ...VIEW_DEFAULTS, sort } })[1]).toContain(title);
  });

  it('shows when the data is old', () => {
    const lost = { live: false, sinceMs: 5_900, why: 'cannot be reached: ECONNREFUSED' } as const;
    const lines = render({ connection: lost });
    expect(lines[0]).toBe(
      '1 open, 1 half-open, 1 isolated of 4 circuits | 813 calls/s | 41 refused/s | reconnecting, last data 5 s ago | shop',
    );
    expect(lines.at(-1)).toMatch(/^server: cannot be reached: ECONNREFUSED \| q quit/);
    expect(render({ connection: lost, columns: 60 })[0]).toMatch(/^reconnecting, last data 5 s ago \| 1 open/);
  });

  it('advances times without messages', () => {
    const later = render({ now: AT + 3_000 });
    expect(later[2]).toMatch(/^▲ open +1m18s +1s payments/);
    expect(render({ now: AT + 3_200 })[2]).toMatch(/^▲ open +1m18s +due payments/);
  });

  it('shows what hides some circuits', () => {
    const many = makeSnapshot(
      Array.from({ length: 40 }, (_, i) => makeRow(`https://h${i}.example`)),
      { matching: 1_000 },
    );
    const lines = render({ rows: 10, view: { ...VIEW_DEFAULTS, filter: 'h', sort: 'key', reversed: true } }, many);
    expect(lines).toHaveLength(10);
    expect(lines.at(-2)).toBe('and 994 more');
    expect(lines.at(-1)).toBe('q quit | s sort: key, reversed | r reverse | / filter: h | 1000 fit');
  });

  it('shows all circuits if all fit', () => {
    const few = makeSnapshot(Array.from({ length: 7 }, (_, i) => makeRow(`https://h${i}.example`)));
    expect(render({ rows: 10 }, few).filter(line => line.includes('.example'))).toHaveLength(7);
    expect(render({ rows: 9 }, few).filter(line => line.includes('.example'))).toHaveLength(5);
    expect(render({ rows: 9 }, few)).toContain('and 2 more');
  });

  it('shows why there is no circuit', () => {
    expect(render({}, makeSnapshot([]))[1]).toBe('no circuits yet');
    expect(render({ view: { ...VIEW_DEFAULTS, filter: 'x' } }, makeSnapshot([]))[1]).toBe('no circuit fits the filter');
    expect(render({}, makeSnapshot([CLOSED]))[0]).toMatch(/^0 open of 1 circuit \|/);
  });

  it('shows the filter being edited', () => {
    expect(render({ draft: 'pa\x1b' }).at(-1)).toBe('filter: pa�_   (Enter keeps it, Escape clears it)');
  });

  it('marks a circuit that would be open, in shadow mode', () => {
    expect(render({}, makeSnapshot([{ ...OPEN, shadow: true }]))[2]).toMatch(/^△ open, shadow +1m15s/);
  });

  it('colours the state without changing the text', () => {
    const line = render({ colour: true })[2];
    expect(line).toContain('\x1b[31m▲ open     \x1b[39m');
    expect(render({ colour: true }).map(withoutColour)).toEqual(render());
  });

  it('passes no control characters to the terminal, and no line that is too long', () => {
    const evil = fc.string({ unit: fc.constantFrom('\x1b', '[2J', '\x9b', '\u202e', '\n', '注', 'a', '\x7f') });
    const rows = fc.array(fc.tuple(evil, evil), { maxLength: 6 });
    fc.assert(
      fc.property(rows, evil, fc.nat(130), fc.nat(30), fc.boolean(), (names, text, columns, height, live) => {
        const hosts = names.map(([key, policy]) => ({ ...OPEN, key, policy, state: text as never, shadow: !live }));
        const events = hosts.map(({ key, policy }, n) => ({
          ...EVENTS[1],
          n,
          key,
          policy,
          cause: text,
          by: text,
          to: text,
        }));
        const snapshot = makeSnapshot(hosts, { title: text, events: events as never });
        const connection = live ? { live } : ({ live, sinceMs: 1, why: text } as const);
        const lines = render({ columns, rows: height, connection, draft: text }, snapshot);
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) {
          expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});

function withoutColour(line: string): string {
  return line.replaceAll(/\p{Cc}\[\d+m/gu, '').trimEnd();
}
