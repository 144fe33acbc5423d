import { BreakerRegistry } from '@cutout/core';
import { ManualClock } from '@cutout/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHttpPolicy, type HttpPolicy } from '../../policy/policy.ts';
import { type HostSeries, PolicySeries } from './policy-series.ts';
import { checkSeriesOptions } from './series-options.ts';

const CALLS = 'cutout.breaker.calls';
const IDLE_MS = 600_000;

function make(maxHosts: number, hosts: Readonly<Record<string, object>> = {}) {
  const clock = new ManualClock();
  const policy = createHttpPolicy({ hosts, registry: new BreakerRegistry({ clock, idleMs: 1e9 }) });
  const series = new PolicySeries();
  series.add(policy, checkSeriesOptions({ maxHosts }));
  const call = (host: string): void => policy.breaker(`https://${host}.example`).acquire().success();
  return { policy, series, clock, call };
}

const nameOf = ({ attributes }: HostSeries): string => String(attributes['server.address']).replace('.example', '');

/** Good calls by host. */
function read(series: PolicySeries): Record<string, number> {
  const good = series.read().map(host => {
    const sample = host.samples.find(
      ({ name, attributes }) => name === CALLS && attributes['cutout.outcome'] === 'success',
    );
    return [nameOf(host), sample?.value ?? 0] as const;
  });
  return Object.fromEntries(good);
}

const sizes = (series: PolicySeries) =>
  Object.fromEntries(
    series
      .policies()
      .flatMap(({ samples }) => samples)
      .map(({ attributes, value }) => [Object.values(attributes)[0], value]),
  );

describe('the rows of hosts', () => {
  it('go to a host that is named, from the one that has been out of use the longest', () => {
    const { series, clock, call } = make(2, { 'pay.example': {}, '*.b.example': {} });
    for (const host of ['a', 'x.b', 'c']) {
      call(host);
      clock.advance(1);
      read(series);
    }
    expect(read(series)).toEqual({ a: 1, 'x.b': 1, _other: 1 });
    call('pay');
    expect(read(series)).toEqual({ 'x.b': 1, pay: 1, _other: 1 });
    expect(sizes(series)).toMatchObject({ used: 2, refused: 2 });
    call('a');
    expect(read(series)).toEqual({ 'x.b': 1, pay: 1, _other: 2 });
  });

  it('stay with the named hosts where these are more than there are rows', () => {
    const { series, call } = make(1, { 'a.example': {}, 'b.example': {} });
    for (const host of ['a', 'b', 'c']) call(host);
    expect(read(series)).toEqual({ a: 1, _other: 2 });
  });

  it('pass from an idle host to one in use, which begins at 0 and leaves its past under _other', () => {
    const { series, clock, call } = make(1);
    call('a');
    call('b');
    expect(read(series)).toEqual({ a: 1, _other: 1 });
    clock.advance(IDLE_MS - 1);
    call('b');
    expect(read(series)).toEqual({ a: 1, _other: 2 });
    clock.advance(1);
    expect(read(series)).toEqual({ a: 1, _other: 2 });
    call('b');
    expect(read(series)).toEqual({ b: 0, _other: 3 });
    call('b');
    call('a');
    expect(read(series)).toEqual({ b: 1, _other: 4 });
    expect(sizes(series)).toMatchObject({ used: 1, refused: 1 });
  });

  it('do not pass from a host whose circuit is not closed, or that has calls in flight', () => {
    const { policy, series, clock, call } = make(2);
    policy.breaker('https://a.example').isolate();
    policy.breaker('https://b.example').acquire();
    for (let i = 0; i < 3; i++) {
      call('c');
      expect(Object.keys(read(series))).toEqual(['a', 'b', '_other']);
      clock.advance(IDLE_MS);
    }
  });

  it('are kept by an idle host that none has need of', () => {
    const { series, clock, call } = make(2);
    call('a');
    read(series);
    clock.advance(100 * IDLE_MS);
    expect(read(series)).toEqual({ a: 1 });
  });

  it('are never too many, never fall, and lose nothing that was counted, whatever is called', () => {
    const step = fc.record({
      host: fc.constantFrom('a', 'b', 'c', 'd', 'pay', 'mail'),
      ms: fc.constantFrom(0, 1, IDLE_MS),
      reads: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, maxHosts) => {
        const { series, clock, call } = make(maxHosts, { 'pay.example': {}, 'mail.example': {} });
        let [before, calls, increases] = [{} as Record<string, number>, 0, 0];
        for (const { host, ms, reads } of [...steps, { host: 'a', ms: 0, reads: true }]) {
          call(host);
          calls += 1;
          clock.advance(ms);
          if (!reads) continue;
          const after = read(series);
          expect(Object.keys(after).filter(name => name !== '_other').length).toBeLessThanOrEqual(maxHosts);
          for (const [name, value] of Object.entries(after)) {
            expect(value).toBeGreaterThanOrEqual(before[name] ?? 0);
            increases += value - (before[name] ?? 0);
          }
          before = after;
        }
        expect(increases).toBe(calls);
      }),
      { seed: 24 },
    );
  });
});

it('counts the keys that the registry of a policy has not kept and evicted', () => {
  const policy = createHttpPolicy({ registry: new BreakerRegistry({ maxKeys: 2 }), name: 'shop' });
  const series = new PolicySeries();
  series.add(policy as HttpPolicy, checkSeriesOptions({}));
  for (const host of ['a', 'b', 'c']) policy.breaker(`https://${host}.example`).isolate();
  expect(series.policies()[0]?.attributes).toEqual({ 'cutout.breaker.name': 'shop' });
  expect(sizes(series)).toMatchObject({ not_kept: 1, evicted: 0 });
});

it('escapes the keys and names that labels are made of', () => {
  const policy = createHttpPolicy({ name: 'shop\n', key: ({ url }) => url });
  const series = new PolicySeries();
  series.add(policy, checkSeriesOptions({}));
  policy.registry.get('a\u001b[2J\u202e').isolate();
  expect(series.read().map(({ attributes }) => attributes)).toEqual([
    { 'server.address': 'a\\u001b[2J\\u202e', 'cutout.breaker.name': 'shop\\n' },
  ]);
  expect(series.policies()[0]?.attributes).toEqual({ 'cutout.breaker.name': 'shop\\n' });
});
