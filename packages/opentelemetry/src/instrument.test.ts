import { BreakerRegistry } from '@cutout/core';
import { createFetch } from '@cutout/fetch';
import { createHttpPolicy, type HttpEvent, type HttpPolicy } from '@cutout/http';
import { answer, ScriptedServer } from '@cutout/testing';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type InstrumentOptions, instrument } from './instrument.ts';

let server: ScriptedServer;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
  await server.close();
});

/** The real SDK, read on demand. */
class Metrics {
  readonly #exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 3_600_000 });
  readonly #provider = new MeterProvider({ readers: [this.#reader] });
  readonly meter = this.#provider.getMeter('test');

  constructor() {
    undo.push(() => this.#provider.shutdown());
  }

  /** Sums by `name{attributes}` without the attributes of the host; zeros left out. */
  async read(): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const [name, value] of await this.points()) if (value !== 0) sums[name] = (sums[name] ?? 0) + value;
    return sums;
  }

  /** The sum per host of one instrument. */
  async hosts(name: string): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const { descriptor, dataPoints } of await this.#collect()) {
      if (descriptor.name !== name) continue;
      for (const { attributes, value } of dataPoints) {
        const host = String(attributes['server.address']);
        sums[host] = (sums[host] ?? 0) + (value as number);
      }
    }
    return sums;
  }

  async points(): Promise<(readonly [name: string, value: number])[]> {
    return (await this.#collect()).flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [nameOf(descriptor.name, attributes), value as number] as const),
    );
  }

  async #collect(): Promise<MetricData[]> {
    this.#exporter.reset();
    await this.#reader.forceFlush();
    return this.#exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(each => each.metrics));
  }
}

function nameOf(
  name: string,
  { 'server.address': _, 'server.port': __, ...others }: object & Record<string, unknown>,
): string {
  return `${name}{${Object.entries(others)
    .map(([key, value]) => `${key}=${value}`)
    .join()}}`;
}

const options = {
  retry: { maxRetries: 1, backoff: () => 0 },
  breaker: { failures: 4, openDurationMs: 60_000 },
} as const;

/** Two good calls, and six to a host that is down: four attempts, then refusals. */
async function outage(policy: HttpPolicy): Promise<HttpEvent[]> {
  const events: HttpEvent[] = [];
  undo.push(policy.subscribe(event => events.push(event)));
  const fetch = createFetch(policy);
  server.always(answer(200));
  for (let i = 0; i < 2; i++) await (await fetch(server.url())).text();
  server.always(answer(503));
  for (let i = 0; i < 6; i++) await fetch(server.url()).catch(() => undefined);
  return events;
}

describe('metrics', () => {
  it('of a scripted outage are exact, and match the events', async () => {
    const metrics = new Metrics();
    const policy = createHttpPolicy({ ...options, name: 'shop' });
    undo.push(instrument(policy, { meter: metrics.meter }));
    const events = await outage(policy);
    const seen = await metrics.read();
    const { 'cutout.breaker.open.time{cutout.breaker.name=shop}': openSeconds, ...counts } = seen;
    const own = 'cutout.breaker.name=shop';
    expect(counts).toEqual({
      [`cutout.breaker.calls{${own},cutout.outcome=success}`]: 2,
      [`cutout.breaker.calls{${own},cutout.outcome=failure}`]: 4,
      [`cutout.breaker.calls{${own},cutout.outcome=rejected}`]: 4,
      [`cutout.breaker.transitions{${own},cutout.from=closed,cutout.to=open,cutout.reason=consecutive}`]: 1,
      [`cutout.retry.calls{${own},cutout.outcome=first_try}`]: 2,
      [`cutout.retry.calls{${own},cutout.outcome=failed}`]: 2,
      [`cutout.retry.calls{${own},cutout.outcome=refused}`]: 4,
      [`cutout.retries{${own}}`]: 2,
      [`cutout.retries.refused{${own},cutout.reason=attempts}`]: 2,
      'cutout.series.rows{cutout.breaker.name=shop,cutout.rows.state=used}': 1,
      [`cutout.breaker.status{${own},cutout.breaker.state=open}`]: 1,
      [`cutout.breaker.failure.utilization{${own}}`]: 1,
      [`cutout.retry.budget.left{${own}}`]: policy.metricsOf(server.origin)?.budgetLeft,
    });
    expect(openSeconds).toBeGreaterThan(0);
    const emitted = (type: string): number => events.filter(event => event.type === type).length;
    expect([emitted('rejected'), emitted('retry'), emitted('transition')]).toEqual([4, 2, 1]);
  });

  it('continue after a key is evicted and created again, and end on request', async () => {
    const metrics = new Metrics();
    const policy = createHttpPolicy(options);
    const stop = instrument(policy, { meter: metrics.meter });
    const success = 'cutout.breaker.calls{cutout.outcome=success}';
    for (const expected of [1, 2, 3]) {
      policy.breaker('https://a.example').acquire().success();
      expect((await metrics.read())[success]).toBe(expected);
      policy.registry.delete('https://a.example');
      expect((await metrics.read())[success]).toBe(expected);
    }
    stop();
    policy.breaker('https://a.example').acquire().success();
    // The SDK keeps exporting the last value it recorded.
    expect((await metrics.read())[success]).toBe(3);
  });

  it('of a hundred thousand hosts have a bounded number of series, and lose no call', async () => {
    const metrics = new Metrics();
    const policy = createHttpPolicy({ registry: new BreakerRegistry({ maxKeys: 100_000 }) });
    undo.push(instrument(policy, { meter: metrics.meter, maxHosts: 3 }));
    for (let i = 0; i < 100_000; i++) policy.breaker(`https://host-${i}.example`).acquire().success();
    const series = (await metrics.points()).length;
    // Four names, each with the series of a host without a bulkhead and without retries, and four series of the policy.
    expect(series).toBe(4 * 39 + 4);
    expect((await metrics.read())['cutout.breaker.calls{cutout.outcome=success}']).toBe(100_000);
  }, 60_000);

  it('of policies on one meter are summed per series, and one policy counts once', async () => {
    const metrics = new Metrics();
    const [first, second] = [createHttpPolicy(), createHttpPolicy()];
    const stops = [first, second, second].map(policy => instrument(policy, { meter: metrics.meter }));
    undo.push(...stops);
    for (let i = 0; i < 5; i++) first.breaker('https://a.example').acquire().success();
    second.breaker('https://a.example').acquire().success();
    const success = 'cutout.breaker.calls{cutout.outcome=success}';
    expect((await metrics.read())[success]).toBe(6);
    // Ending an instrumentation that the third has replaced has no effect.
    stops[1]?.();
    first.breaker('https://a.example').acquire().success();
    expect((await metrics.read())[success]).toBe(7);
  });

  it('have labels of the caller\u2019s own, and none where hostLabel throws, which is warned about once', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const metrics = new Metrics();
    const policy = createHttpPolicy();
    const hostLabel = (key: string): string => {
      if (key.includes('bad')) throw new Error('no label');
      if (key.includes('odd')) return '_other';
      return /tool|late/.exec(key)?.[0] ?? 'shop';
    };
    undo.push(instrument(policy, { meter: metrics.meter, maxHosts: 2, hostLabel }));
    for (const host of ['bad', 'odd', 'a', 'b', 'bad-too', 'tool', 'late'])
      policy.breaker(`https://${host}.example`).acquire().success();
    expect(await metrics.hosts('cutout.breaker.calls')).toEqual({ _other: 4, shop: 2, tool: 1 });
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it('have the names that Prometheus derives from them', async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const provider = new MeterProvider({ readers: [exporter] });
    undo.push(() => provider.shutdown());
    const policy = createHttpPolicy(options);
    undo.push(instrument(policy, { meter: provider.getMeter('test') }));
    await outage(policy);
    const { resourceMetrics } = await exporter.collect();
    const text = new PrometheusSerializer().serialize(resourceMetrics);
    expect(text).toMatch(
      /^cutout_breaker_calls_total\{.*server_address="127\.0\.0\.1".*cutout_outcome="rejected".*\} 4$/m,
    );
    expect(text).toMatch(/^cutout_breaker_open_time(_seconds)?_total\{/m);
    expect(text).toMatch(/^cutout_breaker_status\{.*cutout_breaker_state="open".*\} 1$/m);
  });
});

describe('spans', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('test');
  beforeEach(() => {
    exporter.reset();
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    undo.push(() => context.disable());
  });
  const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();

  it('are children of the caller\u2019s span, one per attempt and a short one per refusal', async () => {
    const policy = createHttpPolicy({ ...options, breaker: { failures: 2 } });
    undo.push(instrument(policy, { tracer }));
    const fetch = createFetch(policy);
    server.always(answer(503));
    const parent = tracer.startSpan('job');
    await context.with(trace.setSpan(context.active(), parent), async () => {
      for (let i = 0; i < 2; i++) await fetch(server.url()).catch(() => undefined);
    });
    expect(spans().map(({ attributes }) => attributes)).toMatchObject([
      {
        'http.request.method': 'GET',
        'server.address': '127.0.0.1',
        'http.response.status_code': 503,
        'error.type': '503',
      },
      { 'cutout.attempt': 2, 'http.request.resend_count': 1 },
      { 'error.type': 'circuit_open' },
    ]);
    expect(spans()[0]?.attributes).not.toHaveProperty('http.request.resend_count');
    const parents = spans().map(({ parentSpanContext }) => parentSpanContext?.spanId);
    expect(new Set(parents)).toEqual(new Set([parent.spanContext().spanId]));
    expect(spans().map(({ status }) => status.code)).toEqual(Array(3).fill(SpanStatusCode.ERROR));
  });

  it('are the context in which the request is sent', async () => {
    const seen: (string | undefined)[] = [];
    const client = async (): Promise<Response> => {
      seen.push(trace.getActiveSpan()?.spanContext().spanId);
      return new Response('ok');
    };
    const fetch = createFetch({ fetch: client });
    undo.push(instrument(fetch.policy, { tracer }));
    await fetch('https://a.example/');
    expect(seen).toEqual([spans()[0]?.spanContext().spanId]);
    expect(spans()[0]?.attributes).toMatchObject({ 'server.address': 'a.example', 'server.port': 443 });
  });
});

it.each<[unknown, string]>([
  [{ maxHosts: 0 }, 'maxHosts must be a positive integer, got 0'],
  [{ hostLabel: 5 }, 'hostLabel must be a function, got 5'],
  [{ meter: {} }, 'meter must have a addBatchObservableCallback(), got {}'],
  [{ tracer: 5 }, 'tracer must have a startSpan(), got 5'],
  [{ maxHost: 5 }, 'maxHost is not an option; did you mean maxHosts?'],
])('the options %j are refused', (bad, message) => {
  expect(() => instrument(createHttpPolicy(), bad as InstrumentOptions)).toThrow(message);
});

it('refuses what is not a policy', () => {
  expect(() => instrument(createFetch() as never)).toThrow('pass its .policy');
});
