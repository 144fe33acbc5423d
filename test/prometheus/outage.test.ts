import type { HttpEvent } from '@cutout/http';
import { describe, expect, it } from 'vitest';
import { outage } from '../observing/outage.ts';
import { type Scraped, valueIn } from '../observing/scrape.ts';

/** The series that do not depend on the machine's speed, without zeros. */
function exact(all: readonly Scraped[]): Record<string, number> {
  const lines = all
    .filter(({ name, value }) => value !== 0 && !/duration_seconds_(bucket|sum)|budget_left/.test(name))
    .map(({ name, labels: { server_address, server_port, cutout_breaker_name: _, ...own }, value }) => {
      return [[name.replace('cutout_', ''), ...Object.values(own)].join(' '), value];
    });
  return Object.fromEntries(lines);
}

const BEGUN = {
  'breaker_calls_total success': 4,
  'breaker_calls_total failure': 3,
  'breaker_calls_total rejected': 5,
  'breaker_transitions_total closed open consecutive': 1,
  breaker_open_time_seconds_total: 4,
  'breaker_status open': 1,
  breaker_failure_utilization: 1,
  'retry_calls_total first_try': 4,
  'retry_calls_total failed': 2,
  'retry_calls_total refused': 5,
  retries_total: 1,
  'retries_refused_total attempts': 1,
  'retries_refused_total circuit': 1,
  attempt_duration_seconds_count: 7,
  bulkhead_limit: 8,
  'series_rows used': 1,
};

const ENDED = {
  ...BEGUN,
  'breaker_calls_total success': 9,
  'breaker_calls_total failure': 4,
  'breaker_transitions_total open half_open open_elapsed': 1,
  'breaker_transitions_total half_open closed probes_ok': 1,
  breaker_open_time_seconds_total: 10,
  'breaker_status closed': 1,
  'retry_calls_total first_try': 8,
  'retry_calls_total after_retry': 1,
  retries_total: 2,
  attempt_duration_seconds_count: 12,
};

describe('an outage, scraped twice', () => {
  it('gives exactly the expected values', async () => {
    await using scripted = await outage();
    await scripted.begin();
    const first = await scripted.scrape();
    expect(exact(first)).toEqual(BEGUN);
    await scripted.end();
    const { 'breaker_status open': _, breaker_failure_utilization: __, ...ended } = ENDED as Record<string, number>;
    expect(exact(await scripted.scrape())).toEqual(ended);
    const { port } = scripted.server;
    for (const { labels } of first.filter(({ name }) => !/series_rows|registry_keys/.test(name))) {
      expect(labels).toMatchObject({
        server_address: '127.0.0.1',
        server_port: String(port),
        cutout_breaker_name: 'shop',
      });
    }
  });

  it('gives a consistent histogram', async () => {
    await using scripted = await outage();
    await scripted.begin();
    const all = await scripted.scrape();
    const buckets = all.filter(({ name }) => name === 'cutout_attempt_duration_seconds_bucket');
    const values = buckets.map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values.at(-1)).toBe(valueIn(all, 'cutout_attempt_duration_seconds_count'));
    expect(valueIn(all, 'cutout_attempt_duration_seconds_sum')).toBeGreaterThan(0);
  });

  it('matches the events', async () => {
    await using scripted = await outage();
    await scripted.begin();
    agree(await scripted.scrape(), scripted.events);
    await scripted.end();
    agree(await scripted.scrape(), scripted.events);
  });
});

function agree(all: readonly Scraped[], events: readonly HttpEvent[]): void {
  const count = (matches: (event: HttpEvent) => boolean): number => events.filter(matches).length;
  for (const { labels, value } of all.filter(({ name }) => name === 'cutout_breaker_transitions_total')) {
    const way = Object.values(labels).slice(3).join(' ');
    expect(value, way).toBe(count(event => wayOf(event) === way));
  }
  expect(all.filter(({ name, value }) => name === 'cutout_breaker_transitions_total' && value > 0)).toHaveLength(
    new Set(events.map(wayOf).filter(way => way !== undefined)).size,
  );
  for (const verdict of ['success', 'failure'] as const) {
    // Good headers have one event, and the end of the body another.
    const answered = count(event => event.type === 'outcome' && event.verdict === verdict && event.stage !== 'body');
    expect(valueIn(all, 'cutout_breaker_calls_total', { cutout_outcome: verdict }), verdict).toBe(answered);
  }
  const rejected = count(({ type }) => type === 'rejected');
  expect(valueIn(all, 'cutout_breaker_calls_total', { cutout_outcome: 'rejected' })).toBe(rejected);
  expect(valueIn(all, 'cutout_retries_total')).toBe(count(({ type }) => type === 'retry'));
  for (const reason of ['attempts', 'circuit', 'budget']) {
    const refused = count(event => event.type === 'retry-refused' && event.reason === reason);
    expect(valueIn(all, 'cutout_retries_refused_total', { cutout_reason: reason }), reason).toBe(refused);
  }
}

/** In the form of a transition's labels. */
function wayOf(event: HttpEvent): string | undefined {
  if (event.type !== 'transition') return undefined;
  return `${event.from} ${event.to} ${event.reason}`.replaceAll('-', '_');
}
