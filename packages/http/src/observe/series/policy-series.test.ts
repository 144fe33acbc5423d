import { env } from 'node:process';
import { BreakerRegistry } from '@cutout/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHttpPolicy, type HttpPolicy } from '../../policy/policy.ts';
import { COUNTERS, LEVELS } from './instruments.ts';
import { PolicySeries } from './policy-series.ts';
import { checkSeriesOptions } from './series-options.ts';

const seed = Number(env['MODEL_SEED'] ?? 20_260_102);

const OPTIONS = checkSeriesOptions({});
const HOSTS = ['https://a.example', 'http://a.example:443', 'https://b.example', 'billing', 'https://c.example'];
/** The second key is the first one's host and port under another scheme. */
const NAMES = ['a.example:443', 'a.example:443', 'b.example:443', 'billing', 'c.example:443'];

const make = (name?: string): HttpPolicy =>
  createHttpPolicy({
    ...(name === undefined ? {} : { name }),
    registry: new BreakerRegistry({ breaker: { failures: 1_000 } }),
  });

/** Counters that are not 0, by host, policy, instrument and attributes. */
function counted(series: PolicySeries): Record<string, number> {
  const names = COUNTERS.map(({ name }) => name);
  const lines = series.read().flatMap(({ attributes: host, samples }) => {
    const { 'server.address': address, 'server.port': port, 'cutout.breaker.name': policy } = host;
    const at = `${address}${port === undefined ? '' : `:${port}`} ${policy}`;
    const happened = samples.filter(({ name, value }) => names.includes(name) && !name.endsWith('time') && value !== 0);
    return happened.map(({ name, attributes, value }) => {
      return [[at, name, ...Object.values(attributes)].join(' '), value] as const;
    });
  });
  expect(new Set(lines.map(([line]) => line)).size).toBe(lines.length);
  return Object.fromEntries(lines);
}

/** The same, counted one by one: what a key has done since it was last read is lost with it. */
class Model {
  readonly #name: string | undefined;
  readonly #maxHosts: number;
  readonly #named = new Set<string>();
  readonly #sums = new Map<string, number>();
  readonly #unread = new Map<string, string[]>();
  readonly #isolated = new Set<string>();

  constructor(name: string | undefined, maxHosts: number) {
    this.#name = name;
    this.#maxHosts = maxHosts;
  }

  do(key: string, action: Action): void {
    const isolated = this.#isolated.has(key);
    if (action === 'drop') this.#unread.delete(key);
    else if (action === 'toggle')
      this.#note(key, `transitions ${isolated ? 'isolated closed' : 'closed isolated'} manual`);
    else this.#note(key, `calls ${isolated ? 'rejected' : action}`);
    if (action === 'drop' || (action === 'toggle' && isolated)) this.#isolated.delete(key);
    else if (action === 'toggle') this.#isolated.add(key);
  }

  read(keys: readonly string[]): ReadonlyMap<string, number> {
    for (const key of keys) {
      const name = NAMES[HOSTS.indexOf(key)] as string;
      if (this.#named.size < this.#maxHosts) this.#named.add(name);
      const host = this.#named.has(name) ? name : '_other';
      for (const line of this.#unread.get(key) ?? []) {
        const id = `${host} ${this.#name} cutout.breaker.${line}`;
        this.#sums.set(id, (this.#sums.get(id) ?? 0) + 1);
      }
    }
    this.#unread.clear();
    return this.#sums;
  }

  #note(key: string, line: string): void {
    this.#unread.set(key, [...(this.#unread.get(key) ?? []), line]);
  }
}

type Action = 'success' | 'failure' | 'toggle' | 'drop';

function act(policy: HttpPolicy, key: string, action: Action): void {
  if (action === 'drop') return void policy.registry.delete(key);
  const breaker = policy.breaker({ key });
  const isolated = breaker.state === 'isolated';
  if (action === 'toggle') return isolated ? breaker.reset() : breaker.isolate();
  if (isolated) expect(() => breaker.acquire()).toThrow();
  else breaker.acquire()[action]();
}

interface Step {
  readonly policy: number;
  readonly host: number;
  readonly action: Action | 'read';
}

const step: fc.Arbitrary<Step> = fc.record({
  policy: fc.nat(2),
  host: fc.nat(HOSTS.length - 1),
  action: fc.constantFrom('success', 'success', 'failure', 'toggle', 'drop', 'read'),
});

/** Plays the steps on two policies of one name and one without, and compares at each reading. */
function compare(maxHosts: number, steps: readonly Step[]): void {
  const series = new PolicySeries();
  const pairs = ['shop', 'shop', undefined].map(name => ({ policy: make(name), model: new Model(name, maxHosts) }));
  for (const { policy } of pairs) series.add(policy, { ...OPTIONS, maxHosts });
  let before: Record<string, number> = {};
  const read = (): void => {
    const now = counted(series);
    expect(now).toEqual(
      sumOf(pairs.map(({ policy, model }) => model.read([...policy.registry].map(({ key }) => key)))),
    );
    for (const [id, value] of Object.entries(before)) expect(now[id]).toBeGreaterThanOrEqual(value);
    before = now;
  };
  for (const { policy: i, host, action } of steps) {
    const { policy, model } = pairs[i] as (typeof pairs)[number];
    const key = HOSTS[host] as string;
    if (action === 'read') read();
    else {
      act(policy, key, action);
      model.do(key, action);
    }
  }
  read();
}

function sumOf(all: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [id, value] of all.flatMap(each => [...each])) sums[id] = (sums[id] ?? 0) + value;
  return sums;
}

describe('the counters of policies', () => {
  it('are exactly what was counted, whatever keys are dropped and come back, and never fall', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), compare), {
      numRuns: 300,
      seed,
    });
  });

  it('of a key that came back and has done more than before are all counted', () => {
    const policy = make();
    const series = new PolicySeries();
    series.add(policy, OPTIONS);
    const succeed = (times: number): void => {
      for (let i = 0; i < times; i++) act(policy, 'billing', 'success');
    };
    succeed(2);
    expect(counted(series)).toEqual({ 'billing undefined cutout.breaker.calls success': 2 });
    policy.registry.delete('billing');
    succeed(3);
    expect(counted(series)).toEqual({ 'billing undefined cutout.breaker.calls success': 5 });
  });
});

describe('the series of a policy', () => {
  it('are there at 0 from the beginning, each in its table', () => {
    const policy = make('shop');
    const series = new PolicySeries();
    series.add(policy, OPTIONS);
    policy.breaker('https://a.example');
    const [host] = series.read();
    expect(host?.attributes).toEqual({
      'server.address': 'a.example',
      'server.port': 443,
      'cutout.breaker.name': 'shop',
    });
    const reported = new Set(host?.samples.map(({ name }) => name));
    const levels = LEVELS.filter(({ name }) => reported.has(name)).map(({ name }) => name);
    expect(levels).toEqual(['cutout.breaker.status', 'cutout.breaker.failure.utilization', 'cutout.breaker.in_flight']);
    expect([...reported].toSorted()).toEqual([...COUNTERS.map(({ name }) => name), ...levels].toSorted());
    for (const { name, attributes } of host?.samples ?? []) {
      const instrument = [...COUNTERS, ...LEVELS].find(each => each.name === name);
      expect(Object.keys(attributes)).toEqual(instrument?.attributes);
    }
  });

  it('show of several circuits in one the nearest to opening, and of all how many are in which state', () => {
    const [one, two] = [0.25, 0.5].map(share => {
      const policy = createHttpPolicy({ name: 'shop', breaker: { failures: 4 } });
      for (const key of ['https://a.example', 'https://b.example']) policy.breaker(key);
      for (let i = 0; i < 4 * share; i++) policy.breaker('https://b.example').acquire().failure(new Error('down'));
      return policy;
    });
    const series = new PolicySeries();
    for (const policy of [one, two]) series.add(policy as HttpPolicy, checkSeriesOptions({ hostLabel: () => 'all' }));
    const [host, ...others] = series.read();
    const levelOf = (wanted: string) => host?.samples.find(({ name }) => name === wanted)?.value;
    expect(others).toEqual([]);
    expect(levelOf('cutout.breaker.failure.utilization')).toBe(0.5);
    expect(levelOf('cutout.breaker.status')).toBe(4);
  });

  it('are those of the policies that are there: each once, with its later options', () => {
    const policy = make();
    const series = new PolicySeries();
    const first = series.add(policy, OPTIONS);
    const second = series.add(policy, checkSeriesOptions({ hostLabel: () => 'shop' }));
    act(policy, 'billing', 'success');
    first();
    expect([series.size, series.has(policy)]).toEqual([1, true]);
    expect(counted(series)).toEqual({ 'shop undefined cutout.breaker.calls success': 1 });
    second();
    expect([series.size, series.has(policy), series.read()]).toEqual([0, false, []]);
  });

  it('compute the label of a key once, as long as the registry keeps it', () => {
    const policy = make();
    const series = new PolicySeries();
    const labelled: string[] = [];
    const hostLabel = (key: string): string => {
      labelled.push(key);
      return 'shop';
    };
    series.add(policy, checkSeriesOptions({ hostLabel }));
    for (const key of HOSTS) {
      act(policy, key, 'success');
      series.read();
    }
    expect(labelled).toEqual(HOSTS);
    expect(counted(series)).toEqual({ 'shop undefined cutout.breaker.calls success': 5 });
  });

  it('of a name and of none are apart, whatever the name', () => {
    const series = new PolicySeries();
    for (const name of ['undefined', undefined, 'a b', 'null']) {
      const policy = make(name);
      act(policy, 'billing', 'success');
      series.add(policy, OPTIONS);
    }
    expect(series.read()).toHaveLength(4);
  });
});
