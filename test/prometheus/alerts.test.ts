import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { outage } from '../observing/outage.ts';
import { expressionsOf } from './dashboard.ts';
import { ask, findPromtool, type Promtool } from './promtool.ts';

const root = join(import.meta.dirname, '../..');
const alerts = join(root, 'packages/prometheus/alerts');
const rules = readFileSync(join(alerts, 'cutout.rules.yml'), 'utf8');
const ruleTests = readFileSync(join(alerts, 'cutout.test.yml'), 'utf8');
const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

let promtool: Promtool;

beforeAll(async () => {
  promtool = await findPromtool();
}, 300_000);

/** Without promtool, the tests that need it are skipped, with the reason. */
function path(context: TestContext): string {
  if ('path' in promtool) return promtool.path;
  return context.skip(promtool.missing);
}

describe('the alert rules', () => {
  it('are valid for promtool', async context => {
    const { ok, output } = await ask(path(context), ['check', 'rules', join(alerts, 'cutout.rules.yml')]);
    expect(ok, output).toBe(true);
    expect(output).toContain(`${names.length} rules found`);
  });

  it('fire as expected and not otherwise', async context => {
    const { ok, output } = await ask(path(context), ['test', 'rules', join(alerts, 'cutout.test.yml')]);
    expect(ok, output).toBe(true);
  });

  it.for([
    ['scraped', '_time_total{'],
    ['pushed', '_time_seconds_total{'],
  ] as const)('fire for OpenTelemetry where it is %s', async ([how, time], context) => {
    const file = join(root, `.reports/cutout.${how}.test.yml`);
    const ofOpenTelemetry = ruleTests
      .replace('- cutout.rules.yml', `- ${join(alerts, 'cutout.rules.yml')}`)
      .replaceAll('_time_seconds_total{', time)
      .replaceAll('{job=', '{otel_scope_name="@cutout/opentelemetry",job=');
    expect(ofOpenTelemetry).toContain(`${time}otel_scope_name=`);
    writeFileSync(file, ofOpenTelemetry);
    const { ok, output } = await ask(path(context), ['test', 'rules', file]);
    expect(ok, output).toBe(true);
  });

  it('each have a test that fires and one that does not', () => {
    for (const name of names) {
      const expectations = [...ruleTests.matchAll(new RegExp(`alertname: ${name}\\n +exp_alerts:(.*)`, 'g'))];
      expect(expectations.map(([, none]) => none === ' []').toSorted(), name).toEqual(
        expect.arrayContaining([false, true]),
      );
    }
  });

  it('are those of the README', () => {
    const readme = readFileSync(join(root, 'packages/prometheus/README.md'), 'utf8');
    expect([...readme.matchAll(/^\| `([A-Z]\w+)` /gm)].map(([, name]) => name)).toEqual(names);
  });
});

describe('promtool', () => {
  it('accepts the exposition', async context => {
    await using scripted = await outage();
    await scripted.begin();
    const { ok, output } = await ask(path(context), ['check', 'metrics'], await scripted.registry.metrics());
    expect(output).toBe('');
    expect(ok).toBe(true);
  });

  it('can parse every expression of the dashboard', async context => {
    const program = path(context);
    const records = expressionsOf()
      .filter(expression => !expression.startsWith('label_values'))
      .map((expression, i) => ({ record: `expression_${i}`, expr: withoutVariables(expression) }));
    // JSON is YAML.
    const file = join(root, '.reports/dashboard.rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: records }] }));
    const { ok, output } = await ask(program, ['check', 'rules', file]);
    expect(ok, output).toBe(true);
    expect(output).toContain(`${records.length} rules found`);
  });
});

function withoutVariables(expression: string): string {
  return expression.replaceAll(/\$__(rate_)?interval/g, '5m').replaceAll(/\$\w+/g, '.*');
}
