import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { outage } from '../observing/outage.ts';
import type { Scraped } from '../observing/scrape.ts';
import { dashboardText, expressionsOf, panels } from './dashboard.ts';
import { askedBy } from './expression.ts';

const rules = readFileSync(join(import.meta.dirname, '../../packages/prometheus/alerts/cutout.rules.yml'), 'utf8');
const ruleExpressions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expression = '']) => expression);

/** What Prometheus itself adds to every series. */
const OF_THE_TARGET = ['job', 'instance'];

/** What @cutout/prometheus exposes. */
let exposed: Scraped[];
/** What Prometheus has of @cutout/opentelemetry, where it scrapes and where it is pushed to. */
const ofOpenTelemetry: Record<string, Scraped[]> = {};

beforeAll(async () => {
  await using scripted = await outage();
  await scripted.begin();
  await scripted.end();
  exposed = await scripted.scrape();
  ofOpenTelemetry['scraped'] = await scripted.openTelemetry.scrape();
  ofOpenTelemetry['pushed'] = await scripted.openTelemetry.push();
});

/** What an expression asks for and nothing in `exposed` has. */
function strays(expression: string, all: readonly Scraped[] = exposed): string[] {
  const { selectors: asked, groupedBy } = askedBy(expression);
  const isExposed = (metric: string): boolean => all.some(({ name }) => name === metric);
  // Either spelling of a time will do where the other one is there.
  const selectors = asked.filter(
    ({ metric }) =>
      isExposed(metric) || !asked.some(other => isSpelling(metric, other.metric) && isExposed(other.metric)),
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
      // Of more hosts than an outage has.
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
  it('of the dashboard asks for what is exposed', () => {
    const expressions = expressionsOf();
    expect(expressions.length).toBeGreaterThan(25);
    for (const expression of expressions) expect(strays(expression), expression).toEqual([]);
  });

  it('of the alert rules asks for what is exposed', () => {
    expect(ruleExpressions).toHaveLength(11);
    for (const expression of ruleExpressions) expect(strays(expression), expression).toEqual([]);
  });

  it.each(['scraped', 'pushed'])('asks for what OpenTelemetry exposes where it is %s, but for latencies', how => {
    const expressions = [...expressionsOf(), ...ruleExpressions];
    const ofLatencies = expressions.filter(expression => expression.includes('cutout_attempt_duration_seconds'));
    expect(ofLatencies).toHaveLength(3);
    for (const expression of expressions.filter(each => !ofLatencies.includes(each)))
      expect(strays(expression, ofOpenTelemetry[how]), expression).toEqual([]);
  });

  it('that asks for something else would be found', () => {
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
  it('shows every metric that is exposed but what alerts alone ask for', () => {
    const asked = new Set(expressionsOf().flatMap(expression => askedBy(expression).selectors.map(s => s.metric)));
    const left = new Set(exposed.map(({ name }) => name).filter(name => !asked.has(name)));
    expect([...left].sort()).toEqual([
      'cutout_attempt_duration_seconds_count',
      'cutout_attempt_duration_seconds_sum',
      'cutout_breaker_isolated_time_seconds_total',
      'cutout_registry_keys_total',
      'cutout_series_rows',
    ]);
  });

  it('names in its legends only labels that its expressions keep', () => {
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const kept = askedBy(expr).groupedBy;
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
        expect(
          named.filter(label => !kept.includes(label as string)),
          title,
        ).toEqual([]);
      }
    }
  });

  it('asks for its data source when it is imported, and knows no other', () => {
    const dashboard = JSON.parse(dashboardText);
    expect(dashboard.__inputs).toMatchObject([{ name: 'DS_PROMETHEUS', type: 'datasource', pluginId: 'prometheus' }]);
    const sources = [...dashboardText.matchAll(/"uid": "(.*?)"/g)].map(([, uid]) => uid);
    expect(new Set(sources)).toEqual(new Set(['$' + '{DS_PROMETHEUS}']));
    expect(dashboard).not.toHaveProperty('uid');
    expect(dashboard).not.toHaveProperty('id');
  });

  it('has the variables that its expressions use', () => {
    const { list } = JSON.parse(dashboardText).templating as { list: { name: string }[] };
    const used = [...dashboardText.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(list.map(({ name }) => name)));
  });

  it('has panels of their own places', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [i, { gridPos: a }] of panels.entries()) {
      const overlapping = panels.slice(i + 1).filter(({ gridPos: b }) => {
        return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
      });
      expect(overlapping.map(({ title }) => title)).toEqual([]);
    }
  });
});
