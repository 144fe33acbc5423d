import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { outage } from '../observing/outage.ts';
import type { Scraped } from '../observing/scrape.ts';
import { dashboardText, expressionsOf, panels } from './dashboard.ts';
import { queriedBy } from './expression.ts';

const rules = readFileSync(join(import.meta.dirname, '../../packages/prometheus/alerts/cutout.rules.yml'), 'utf8');
const ruleExpressions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expression = '']) => expression);

/** Labels that Prometheus adds to every series. */
const OF_THE_TARGET = ['job', 'instance'];

/** The series of @cutout/prometheus. */
let exposed: Scraped[];
/** The series of @cutout/opentelemetry in Prometheus, scraped and pushed. */
const ofOpenTelemetry: Record<string, Scraped[]> = {};

beforeAll(async () => {
  await using scripted = await outage();
  await scripted.begin();
  await scripted.end();
  exposed = await scripted.scrape();
  ofOpenTelemetry['scraped'] = await scripted.openTelemetry.scrape();
  ofOpenTelemetry['pushed'] = await scripted.openTelemetry.push();
});

/** The selectors of an expression that nothing in `exposed` matches. */
function strays(expression: string, all: readonly Scraped[] = exposed): string[] {
  const { selectors: queried, groupedBy } = queriedBy(expression);
  const isExposed = (metric: string): boolean => all.some(({ name }) => name === metric);
  // Either spelling of a time is accepted if the other one exists.
  const selectors = queried.filter(
    ({ metric }) =>
      isExposed(metric) || !queried.some(other => isSpelling(metric, other.metric) && isExposed(other.metric)),
  );
  const labels = (metric?: string): string[] => [
    ...OF_THE_TARGET,
    ...all.filter(({ name }) => !metric || name === metric).flatMap(each => Object.keys(each.labels)),
  ];
  const ofSelectors = selectors.flatMap(({ metric, matchers }) => {
    const series = all.filter(({ name }) => name === metric);
    if (series.length === 0) return [metric];
    const unknown = matchers.filter(({ label }) => !labels(metric).includes(label)).map(({ label }) => label);
    const unseen = matchers.flatMap(({ label, values }) =>
      // Needs more hosts than the outage has.
      values.filter(value => value !== '_other' && !series.some(each => each.labels[label] === value)),
    );
    return [...unknown, ...unseen].map(stray => `${metric} ${stray}`);
  });
  const ofGroups = groupedBy.filter(label => selectors.some(({ metric }) => !labels(metric).includes(label)));
  return [...ofSelectors, ...ofGroups];
}

/** With the unit in the name, and without. */
function isSpelling(metric: string, other: string): boolean {
  const withoutUnit = (name: string): string => name.replace(/_time_seconds_total$/, '_time_total');
  return withoutUnit(metric) === withoutUnit(other);
}

describe('every expression', () => {
  it('of the dashboard selects existing series', () => {
    const expressions = expressionsOf();
    expect(expressions.length).toBeGreaterThan(25);
    for (const expression of expressions) expect(strays(expression), expression).toEqual([]);
  });

  it('of the alert rules selects existing series', () => {
    expect(ruleExpressions).toHaveLength(11);
    for (const expression of ruleExpressions) expect(strays(expression), expression).toEqual([]);
  });

  it.each(['scraped', 'pushed'])('selects series of OpenTelemetry when %s, except latencies', how => {
    const expressions = [...expressionsOf(), ...ruleExpressions];
    const ofLatencies = expressions.filter(expression => expression.includes('cutout_attempt_duration_seconds'));
    expect(ofLatencies).toHaveLength(3);
    for (const expression of expressions.filter(each => !ofLatencies.includes(each)))
      expect(strays(expression, ofOpenTelemetry[how]), expression).toEqual([]);
  });

  it('that selects anything else is detected', () => {
    expect(strays('rate(cutout_breaker_open_time_total[5m])')).toEqual(['cutout_breaker_open_time_total']);
    expect(strays('rate(cutout_breaker_calls[5m])')).toEqual(['cutout_breaker_calls']);
    expect(strays('cutout_breaker_status{status="open"}')).toContain('cutout_breaker_status status');
    expect(strays('cutout_breaker_status{cutout_breaker_state="half-open"}')).toEqual([
      'cutout_breaker_status half-open',
    ]);
    expect(strays('sum by (host) (cutout_breaker_status)')).toEqual(['host']);
    expect(strays('label_values(cutout_breaker_status, host)')).toEqual(['host']);
  });
});

describe('the dashboard', () => {
  it('shows every metric except those for alerts only', () => {
    const queried = new Set(expressionsOf().flatMap(expression => queriedBy(expression).selectors.map(s => s.metric)));
    const left = new Set(exposed.map(({ name }) => name).filter(name => !queried.has(name)));
    expect([...left].sort()).toEqual([
      'cutout_attempt_duration_seconds_count',
      'cutout_attempt_duration_seconds_sum',
      'cutout_breaker_isolated_time_seconds_total',
      'cutout_registry_keys_total',
      'cutout_series_rows',
    ]);
  });

  it('uses in its legends only labels that its expressions keep', () => {
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const kept = queriedBy(expr).groupedBy;
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        expect(
          named.filter(label => !kept.includes(label as string)),
          title,
        ).toEqual([]);
      }
    }
  });

  it('prompts for its data source on import, and uses no other', () => {
    const dashboard = JSON.parse(dashboardText);
    expect(dashboard.__inputs).toMatchObject([{ name: 'DS_PROMETHEUS', type: 'datasource', pluginId: 'prometheus' }]);
    const sources = [...dashboardText.matchAll(/"uid": "(.*?)"/g)].map(([, uid]) => uid);
    expect(new Set(sources)).toEqual(new Set(['$' + '{DS_PROMETHEUS}']));
    expect(dashboard).not.toHaveProperty('uid');
    expect(dashboard).not.toHaveProperty('id');
  });

  it('defines the variables that its expressions use', () => {
    const { list } = JSON.parse(dashboardText).templating as { list: { name: string }[] };
    const used = [...dashboardText.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(list.map(({ name }) => name)));
  });

  it('has panels that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [i, { gridPos: a }] of panels.entries()) {
      const overlapping = panels.slice(i + 1).filter(({ gridPos: b }) => {
        return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
      });
      expect(overlapping.map(({ title }) => title)).toEqual([]);
    }
  });
});
