/** However many circuits open at once, lines and alerts are bounded in number, and named hosts have theirs. */

import { BreakerRegistry } from '@cutout/core';
import { ManualClock } from '@cutout/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { alertWhenOpen, type OpenAlert } from './alert-when-open.ts';
import { logTransitions } from './log-transitions.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const PAY = 'https://pay.example';
const make = (clock?: ManualClock): HttpPolicy =>
  createHttpPolicy({
    name: 'shop',
    hosts: { 'pay.example': {} },
    ...(clock ? { registry: new BreakerRegistry({ clock }) } : {}),
  });

function isolate(policy: HttpPolicy, hosts: number): void {
  for (let i = 0; i < hosts; i++) policy.breaker(`https://h${i}.example`).isolate();
}

it('log lines are at most 50 in 10 seconds, and one more counts those without', () => {
  const policy = make();
  const lines: unknown[][] = [];
  const logger = { info: (...line: unknown[]) => lines.push(line), warn: (...line: unknown[]) => lines.push(line) };
  const stop = logTransitions(policy, logger);
  isolate(policy, 300);
  expect(lines).toHaveLength(50);
  policy.breaker(PAY).isolate();
  expect(String(lines.at(-1)?.[0])).toContain('circuit https://pay.example closed -> isolated');
  policy.reset();
  vi.advanceTimersByTime(10_000);
  expect(lines.at(-1)).toEqual([
    '550 more transitions of circuits in 10.0s, 250 of them to open or isolated',
    { policy: 'shop', more: 550, opened: 250 },
  ]);
  policy.breaker('https://a.example').isolate();
  expect(String(lines.at(-1)?.[0])).toContain('circuit https://a.example closed -> isolated');
  isolate(policy, 60);
  stop();
  expect(lines.at(-1)?.[1]).toEqual({ policy: 'shop', more: 11, opened: 11 });
  const { length } = lines;
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(length);
});

it('alerts are at most 50 in 10 seconds, the others come later, and a named host does not wait for them', () => {
  const policy = make();
  const alerts: OpenAlert[] = [];
  using _watch = alertWhenOpen(policy, { longerThanMs: 4_000, isolated: true, onAlert: alert => alerts.push(alert) });
  isolate(policy, 120);
  policy.breaker(PAY).isolate();
  vi.advanceTimersByTime(4_000);
  expect(alerts).toHaveLength(51);
  expect(alerts[0]).toMatchObject({ key: PAY, waiting: 70 });
  vi.advanceTimersByTime(30_000);
  expect(alerts).toHaveLength(121);
  expect(new Set(alerts.map(({ key }) => key)).size).toBe(121);
  expect(alerts.at(-1)?.waiting).toBe(0);
});

it("alerts follow the registry's clock", () => {
  const clock = new ManualClock();
  const policy = make(clock);
  const alerts: OpenAlert[] = [];
  using _watch = alertWhenOpen(policy, { longerThanMs: 4_000, isolated: true, onAlert: alert => alerts.push(alert) });
  policy.breaker(PAY).isolate();
  vi.advanceTimersByTime(60_000);
  expect(alerts).toEqual([]);
  clock.advance(5_000);
  vi.advanceTimersByTime(1_000);
  expect(alerts).toMatchObject([{ key: PAY, openMs: 5_000 }]);
});

it('log lines escape what comes from outside', () => {
  const policy = createHttpPolicy({ key: ({ url }) => url, breaker: { failures: 1 } });
  const lines: unknown[][] = [];
  logTransitions(policy, { info: () => undefined, warn: (...line) => lines.push(line) });
  const key = 'a\ncircuit b closed -> open\u001b[2J\u202e';
  const cause = Object.assign(new Error('x'), { code: 'E\r\n\u009b' });
  policy.registry.get(key).acquire().failure(cause);
  const [text, facts] = lines[0] as [string, Record<string, unknown>];
  for (const logged of [text, facts['circuit'], facts['last']]) expect(logged).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(facts).toMatchObject({ circuit: 'a\\ncircuit b closed -> open\\u001b[2J\\u202e', last: 'E\\r\\n\\u009b' });
});
