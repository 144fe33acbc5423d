import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparable } from './comparable.ts';
import { type Outage, outage } from './outage.ts';
import type { Scraped } from './scrape.ts';
import { tally } from './tally.ts';

let scripted: Outage;
beforeEach(async () => {
  scripted = await outage();
});
afterEach(() => scripted[Symbol.asyncDispose]());

/** Metrics that depend on the machine's speed, or on the budget refilled by its clock. */
const OF_THE_MACHINE = /duration_seconds|budget_left/;

/** An observer's series without those that depend on the machine. */
function exact(all: readonly Scraped[]): Record<string, number> {
  return comparable(all.filter(({ name }) => !OF_THE_MACHINE.test(name)));
}

function happened(all: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}

const BEGUN = {
  'cutout_breaker_calls_total cutout_outcome=success': 4,
  'cutout_breaker_calls_total cutout_outcome=failure': 3,
  'cutout_breaker_calls_total cutout_outcome=rejected': 5,
  'cutout_breaker_transitions_total cutout_from=closed cutout_reason=consecutive cutout_to=open': 1,
  cutout_breaker_open_time_seconds_total: 4,
  'cutout_breaker_status cutout_breaker_state=open': 1,
  cutout_breaker_failure_utilization: 1,
  'cutout_retry_calls_total cutout_outcome=first_try': 4,
  'cutout_retry_calls_total cutout_outcome=failed': 2,
  'cutout_retry_calls_total cutout_outcome=refused': 5,
  cutout_retries_total: 1,
  'cutout_retries_refused_total cutout_reason=attempts': 1,
  'cutout_retries_refused_total cutout_reason=circuit': 1,
};

const ENDED = {
  'cutout_breaker_calls_total cutout_outcome=success': 9,
  'cutout_breaker_calls_total cutout_outcome=failure': 4,
  'cutout_breaker_calls_total cutout_outcome=rejected': 5,
  'cutout_breaker_transitions_total cutout_from=closed cutout_reason=consecutive cutout_to=open': 1,
  'cutout_breaker_transitions_total cutout_from=open cutout_reason=open_elapsed cutout_to=half_open': 1,
  'cutout_breaker_transitions_total cutout_from=half_open cutout_reason=probes_ok cutout_to=closed': 1,
  cutout_breaker_open_time_seconds_total: 10,
  'cutout_breaker_status cutout_breaker_state=closed': 1,
  'cutout_retry_calls_total cutout_outcome=first_try': 8,
  'cutout_retry_calls_total cutout_outcome=after_retry': 1,
  'cutout_retry_calls_total cutout_outcome=failed': 2,
  'cutout_retry_calls_total cutout_outcome=refused': 5,
  cutout_retries_total: 2,
  'cutout_retries_refused_total cutout_reason=attempts': 1,
  'cutout_retries_refused_total cutout_reason=circuit': 1,
};

const { 'cutout_breaker_status cutout_breaker_state=closed': _, ...GROWN } = ENDED;

const RELAPSED = {
  ...GROWN,
  'cutout_breaker_calls_total cutout_outcome=failure': 8,
  'cutout_breaker_calls_total cutout_outcome=ignored': 1,
  'cutout_breaker_calls_total cutout_outcome=rejected': 8,
  'cutout_breaker_transitions_total cutout_from=closed cutout_reason=consecutive cutout_to=open': 2,
  'cutout_breaker_transitions_total cutout_from=open cutout_reason=open_elapsed cutout_to=half_open': 2,
  'cutout_breaker_transitions_total cutout_from=half_open cutout_reason=probe_failed cutout_to=open': 1,
  cutout_breaker_open_time_seconds_total: 22.5,
  'cutout_breaker_status cutout_breaker_state=open': 1,
  cutout_breaker_failure_utilization: 1,
  'cutout_retry_calls_total cutout_outcome=ignored': 1,
  'cutout_retry_calls_total cutout_outcome=failed': 5,
  'cutout_retry_calls_total cutout_outcome=refused': 8,
  cutout_retries_total: 3,
  'cutout_retries_refused_total cutout_reason=attempts': 2,
  'cutout_retries_refused_total cutout_reason=circuit': 3,
};

/** Every observer at one moment: the breaker's clock is stopped, so open seconds are equal to the last digit. */
async function all(): Promise<Record<'prometheus' | 'scraped' | 'pushed', Record<string, number>>> {
  return {
    prometheus: exact(await scripted.scrape()),
    scraped: exact(await scripted.openTelemetry.scrape()),
    pushed: exact(await scripted.openTelemetry.push()),
  };
}

const ROWS_USED = 'cutout_series_rows cutout_rows_state=used';

describe('an outage with every observer', () => {
  it('is reported alike by all of them, and as in the events', async () => {
    const steps = [scripted.begin, scripted.end, scripted.relapse];
    const expected = [BEGUN, ENDED, RELAPSED];
    for (const [i, step] of steps.entries()) {
      await step();
      const { prometheus, scraped, pushed } = await all();
      expect(scraped).toEqual(prometheus);
      expect(pushed).toEqual(prometheus);
      // Not part of any event.
      const { cutout_bulkhead_limit, [ROWS_USED]: rows, ...counted } = happened(prometheus);
      expect([cutout_bulkhead_limit, rows]).toEqual([8, 1]);
      expect(counted).toEqual(tally(scripted.events, scripted.clock.now()));
      expect(counted).toEqual(expected[i]);
    }
  });

  it('has the same series per host and policy in all of them', async () => {
    await scripted.begin();
    const { server, openTelemetry } = scripted;
    for (const said of [await scripted.scrape(), await openTelemetry.scrape(), await openTelemetry.push()]) {
      expect(said.length).toBeGreaterThan(40);
      for (const { labels } of said.filter(({ name }) => !/series_rows|registry_keys/.test(name))) {
        expect(labels).toMatchObject({
          server_address: '127.0.0.1',
          server_port: String(server.port),
          cutout_breaker_name: 'shop',
        });
      }
    }
  });

  it('has the retry budget in each, and latencies in @cutout/prometheus only', async () => {
    await scripted.begin();
    const names = (said: readonly Scraped[]) => [...new Set(said.map(({ name }) => name))];
    const ofPrometheus = names(await scripted.scrape());
    const ofOpenTelemetry = names(await scripted.openTelemetry.push());
    expect(ofPrometheus.filter(name => !ofOpenTelemetry.includes(name))).toEqual([
      'cutout_attempt_duration_seconds_bucket',
      'cutout_attempt_duration_seconds_sum',
      'cutout_attempt_duration_seconds_count',
    ]);
    expect(ofOpenTelemetry.filter(name => !ofPrometheus.includes(name))).toEqual([]);
    expect(ofOpenTelemetry).toContain('cutout_retry_budget_left');
  });
});
