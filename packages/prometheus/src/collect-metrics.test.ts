import { BreakerRegistry, type Clock } from '@cutout/core';
import { bulkhead, createHttpPolicy, type HttpPolicy, type HttpPolicyOptions, type KeyMetrics } from '@cutout/http';
import type { AttemptResult } from '@cutout/http/adapter';
import { COUNTERS } from '@cutout/http/series';
import { Counter, type OpenMetricsContentType, Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { type CollectOptions, collectMetrics } from './collect-metrics.ts';

const HOST = 'https://a.example';

/** A policy whose hosts all give this answer. */
function make(status = 200, options: HttpPolicyOptions = {}) {
  const policy = createHttpPolicy({ retry: { backoff: () => 0 }, ...options });
  const attempt = async (): Promise<AttemptResult<number>> => ({
    value: status,
    outcome: { kind: 'status', status },
  });
  const call = (origin = HOST): Promise<unknown> =>
    policy
      .run({ method: 'GET', url: `${origin}/`, headers: { get: () => null }, replayable: true }, attempt)
      .catch((error: unknown) => error);
  return { policy, call };
}

/** The values of a scrape by name and labels. */
async function scrape(registry: Pick<Registry, 'metrics'>): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'));
  const pairs = lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]);
  return new Map(pairs as [string, number][]);
}

/** A host without a bulkhead and transitions: four states, failure utilization, calls in flight, a budget; four ways to open; a histogram. */
const SERIES_OF_A_HOST = COUNTERS.flatMap(({ columns }) => columns).length + 7 + 4 + 17;
/** Rows used and refused, keys not kept and evicted. */
const SERIES_OF_A_POLICY = 4;

const successes = (address: string, port = '443', name = ''): string =>
  `cutout_breaker_calls_total{server_address="${address}",server_port="${port}",cutout_breaker_name="${name}",cutout_outcome="success"}`;

const retried = (address: string, port = '443'): string =>
  `cutout_retries_total{server_address="${address}",server_port="${port}",cutout_breaker_name=""}`;

describe('a scrape', () => {
  it('reads the policy once for all metrics', async () => {
    const registry = new Registry();
    const { policy, call } = make();
    await call();
    collectMetrics(policy, { registry });
    const read = vi.spyOn(policy, 'metrics');
    await registry.metrics();
    expect(read).toHaveBeenCalledTimes(1);
    await call();
    await registry.getMetricsAsJSON();
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('gives a histogram in seconds, cumulative, as text and as JSON', async () => {
    const registry = new Registry();
    const { policy } = make();
    const latency = { count: 6, sumMs: 30_000, buckets: [1, 0, 2, ...Array(11).fill(0), 3] };
    const run = make();
    await run.call();
    const [key] = run.policy.metrics().keys;
    vi.spyOn(policy, 'metrics').mockReturnValue({
      name: undefined,
      at: 0,
      keys: [{ ...(key as KeyMetrics), latency }],
    });
    collectMetrics(policy, { registry });
    const of = async (part: string) =>
      [...(await scrape(registry))].filter(([line]) => line.startsWith(`cutout_attempt_duration_seconds_${part}`));
    const labels = 'server_address="a.example",server_port="443",cutout_breaker_name=""';
    const buckets = await of('bucket');
    expect(buckets.map(([line]) => /le="(.*)"/.exec(line)?.[1]).join(' ')).toBe(
      '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf',
    );
    expect(buckets.map(([, value]) => value)).toEqual([1, 1, ...Array(12).fill(3), 6]);
    expect(await of('sum')).toEqual([[`cutout_attempt_duration_seconds_sum{${labels}}`, 30]]);
    expect(await of('count')).toEqual([[`cutout_attempt_duration_seconds_count{${labels}}`, 6]]);
    const json = await registry.getMetricsAsJSON();
    expect(json.find(({ name }) => name === 'cutout_attempt_duration_seconds')?.values).toHaveLength(17);
  });

  it('supports OpenMetrics', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const { policy, call } = make();
    collectMetrics(policy, { registry });
    await call();
    for (let time = 0; time < 2; time++) {
      const text = await registry.metrics();
      expect(text).toContain('# TYPE cutout_breaker_calls counter');
      expect(text).toContain(`${successes('a.example')} 1`);
      expect(text).not.toContain('_total_total');
    }
  });

  it('loses nothing on resetMetrics', async () => {
    const registry = new Registry();
    const { policy, call } = make();
    collectMetrics(policy, { registry });
    await call();
    registry.resetMetrics();
    expect((await scrape(registry)).get(successes('a.example'))).toBe(1);
  });

  it('leaves out the bulkhead and the budget of a host without them', async () => {
    const registry = new Registry();
    const { policy, call } = make(200, { retry: false });
    collectMetrics(policy, { registry });
    await call();
    const lines = [...(await scrape(registry)).keys()].join('\n');
    expect(lines).not.toMatch(/bulkhead_limit|budget_left/);
    expect(lines).toMatch(/bulkhead_rejected_total/);
  });
});

describe('several policies', () => {
  it('share a registry, with their name as a label', async () => {
    const registry = new Registry();
    const [one, two] = [make(200, { name: 'one' }), make(200, { name: 'two' })];
    const stop = collectMetrics(one.policy, { registry });
    collectMetrics(two.policy, { registry });
    await one.call();
    await two.call();
    await two.call();
    const both = await scrape(registry);
    expect([both.get(successes('a.example', '443', 'one')), both.get(successes('a.example', '443', 'two'))]).toEqual([
      1, 2,
    ]);
    stop();
    stop();
    expect([...(await scrape(registry)).keys()].filter(line => line.includes('cutout_breaker_name="one"'))).toEqual([]);
  });

  it('of one name are summed per host', async () => {
    const registry = new Registry();
    const open = { retry: false, breaker: { failures: 1 } } as const;
    const policies = [
      make(),
      make(),
      make(503, open),
      make(503, open),
      make(200, { bulkhead: bulkhead({ maxConcurrent: 3 }) }),
    ];
    for (const { policy, call } of policies) {
      collectMetrics(policy, { registry });
      await call();
    }
    const lines = await scrape(registry);
    const labels = 'server_address="a.example",server_port="443",cutout_breaker_name=""';
    expect(lines.get(successes('a.example'))).toBe(3);
    expect(lines.get(`cutout_breaker_status{${labels},cutout_breaker_state="closed"}`)).toBe(3);
    expect(lines.get(`cutout_breaker_status{${labels},cutout_breaker_state="open"}`)).toBe(2);
    expect(lines.get(`cutout_bulkhead_limit{${labels}}`)).toBe(3);
    const opened = `${labels},cutout_from="closed",cutout_to="open",cutout_reason="consecutive"`;
    expect(lines.get(`cutout_breaker_transitions_total{${opened}}`)).toBe(2);
  });

  it('remove every metric when the last has ended, and may be collected again', async () => {
    const registry = new Registry();
    const { policy, call } = make();
    await call();
    collectMetrics(policy, { registry })();
    expect(registry.getMetricsAsArray()).toEqual([]);
    collectMetrics(policy, { registry });
    expect((await scrape(registry)).get(successes('a.example'))).toBe(1);
  });

  it('may be collected again after the registry was cleared, and an old end function has no effect then', async () => {
    const registry = new Registry();
    const { policy, call } = make();
    await call();
    const stop = collectMetrics(policy, { registry });
    registry.clear();
    collectMetrics(policy, { registry });
    stop();
    expect((await scrape(registry)).get(successes('a.example'))).toBe(1);
  });

  it('are not collected twice in one registry, and refuse a metric name in use', () => {
    const registry = new Registry();
    const { policy } = make();
    collectMetrics(policy, { registry });
    expect(() => collectMetrics(policy, { registry })).toThrow('this policy is collected in this registry already');
    const other = new Registry();
    new Counter({ name: 'cutout_retries_total', help: 'mine', registers: [other] });
    expect(() => collectMetrics(policy, { registry: other })).toThrow('a metric named cutout_retries_total already');
    expect(other.getMetricsAsArray()).toHaveLength(1);
  });
});

describe('hosts', () => {
  const total = (lines: ReadonlyMap<string, number>): number =>
    [...lines].filter(([line]) => line.includes('cutout_outcome="success"')).reduce((sum, [, value]) => sum + value, 0);

  it('beyond the limit are summed, and no counter falls when the registry evicts their keys', async () => {
    let now = 0;
    const clock: Clock = { now: () => now };
    const registry = new Registry();
    const { policy, call } = make(200, { registry: new BreakerRegistry({ clock, idleMs: 10 }) });
    collectMetrics(policy, { registry, maxHosts: 2 });
    for (const host of ['a', 'b', 'c', 'd', 'd']) await call(`https://${host}.example`);
    const first = await scrape(registry);
    expect([first.get(successes('a.example')), first.get(successes('_other', ''))]).toEqual([1, 3]);
    now = 20;
    await call('https://e.example');
    await call('https://a.example');
    expect(policy.metrics().keys).toHaveLength(2);
    const second = await scrape(registry);
    expect([second.get(successes('a.example')), second.get(successes('_other', ''))]).toEqual([2, 4]);
    for (const [line, value] of first) {
      if (/_total|_bucket|_sum|_count/.test(line)) expect(second.get(line), line).toBeGreaterThanOrEqual(value);
    }
  });

  it('that return with a new breaker continue their counters', async () => {
    let now = 0;
    const clock: Clock = { now: () => now };
    const registry = new Registry();
    const { policy, call } = make(200, { registry: new BreakerRegistry({ clock, idleMs: 10 }) });
    collectMetrics(policy, { registry });
    for (let i = 0; i < 3; i++) await call();
    expect((await scrape(registry)).get(successes('a.example'))).toBe(3);
    now = 20;
    await call('https://b.example');
    await call();
    expect((await scrape(registry)).get(successes('a.example'))).toBe(4);
  });

  it('may number 100,000 with a bounded number of series', { timeout: 60_000 }, async () => {
    const registry = new Registry();
    const { policy, call } = make(200, { registry: new BreakerRegistry({ maxKeys: 100_000 }) });
    collectMetrics(policy, { registry });
    for (let host = 0; host < 100_000; host++) await call(`https://h${host}.example`);
    const lines = await scrape(registry);
    expect(lines.size).toBe(101 * SERIES_OF_A_HOST + SERIES_OF_A_POLICY);
    expect(total(lines)).toBe(100_000);
  });

  it('that come and go between scrapes add no series', async () => {
    const registry = new Registry();
    const { policy, call } = make(200, { registry: new BreakerRegistry({ maxKeys: 50 }) });
    collectMetrics(policy, { registry, maxHosts: 10 });
    let before = 0;
    for (let host = 0; host < 1_000; host++) {
      await call(`https://h${host}.example`);
      if (host % 40 !== 39) continue;
      const lines = await scrape(registry);
      expect(lines.size).toBeLessThanOrEqual(11 * SERIES_OF_A_HOST + SERIES_OF_A_POLICY);
      expect(total(lines)).toBeGreaterThan(before);
      before = total(lines);
    }
  });

  it('are named by hostLabel, and summed per label', async () => {
    const registry = new Registry();
    const { policy, call } = make();
    const hostLabel = (key: string): string => key.replace(/shard\d/, 'shard').replace(':8443', '');
    collectMetrics(policy, { registry, hostLabel });
    for (const host of ['https://shard1.example', 'https://shard2.example:8443']) await call(host);
    expect((await scrape(registry)).get(successes('https://shard.example', ''))).toBe(2);
  });

  it('that hostLabel refuses count as _other, with one warning', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const registry = new Registry();
    const { policy, call } = make();
    collectMetrics(policy, { registry, hostLabel: key => (key.includes('a.example') ? key : (undefined as never)) });
    for (const host of ['https://b.example', 'https://c.example', HOST]) await call(host);
    const lines = await scrape(registry);
    expect([lines.get(successes('_other', '')), lines.get(successes(HOST, ''))]).toEqual([2, 1]);
    expect(printed).toHaveBeenCalledTimes(1);
    expect(String(printed.mock.calls[0])).toContain('hostLabel must return a non-empty string, got undefined');
  });

  it.each<[string, HttpPolicyOptions, string, string]>([
    ['http://a.example:8080', {}, 'a.example', '8080'],
    ['http://a.example', {}, 'a.example', '80'],
    ['http://[::1]:9', {}, '[::1]', '9'],
    ['https://a.example', { key: () => 'billing' }, 'billing', ''],
    ['https://a.example', { key: () => 'a"b\\c\n://' }, 'a\\"b\\\\c\\\\n://', ''],
  ])('%s with %o is %s, port %j', async (origin, options, address, port) => {
    const registry = new Registry();
    const { policy, call } = make(200, options);
    collectMetrics(policy, { registry });
    await call(origin);
    const lines = await scrape(registry);
    expect(lines.get(successes(address, port))).toBe(1);
    expect(lines.get(retried(address, port))).toBe(0);
  });
});

describe('bad options', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['maxHosts', () => ({ maxHosts: 0 }), /^RangeError: maxHosts must be a positive integer, got 0$/],
    ['maxHosts', () => ({ maxHosts: '9' }), /^TypeError: maxHosts must be a positive integer, got "9"$/],
    ['registry', () => ({ registry: {} }), /^TypeError: registry must be a registry of prom-client, got \{\}$/],
    ['registry', () => ({ registry: null }), /^TypeError: registry must be a registry of prom-client, got null$/],
    ['hostLabel', () => ({ hostLabel: 'x' }), /^TypeError: hostLabel must be a function, got "x"$/],
    ['an unknown one', () => ({ maxHost: 1 }), /^TypeError: maxHost is not an option; did you mean maxHosts\?$/],
    ['no object', () => 1, /^TypeError: options must be an object, got 1$/],
  ])('are refused by path and value: %s', (_, options, message) => {
    const { policy } = make();
    const attempt = (): unknown => collectMetrics(policy, options() as CollectOptions);
    expect(attempt).toThrow(expect.objectContaining({ message: expect.anything() }));
    expect(String(caught(attempt))).toMatch(message);
  });

  it('include anything but a policy', () => {
    const nothing = {} as HttpPolicy;
    expect(String(caught(() => collectMetrics(nothing)))).toBe('TypeError: policy must be a policy, got {}');
  });
});

function caught(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return error;
  }
}
