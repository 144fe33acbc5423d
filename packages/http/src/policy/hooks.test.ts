/** Hooks of those who watch a policy: whatever they do, the calls and the process go on. */

import { BreakerRegistry } from '@cutout/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { alertWhenOpen } from '../observe/alert-when-open.ts';
import { logTransitions } from '../observe/log-transitions.ts';
import { PolicySeries } from '../observe/series/policy-series.ts';
import { checkSeriesOptions } from '../observe/series/series-options.ts';
import { createHttpPolicy, type HttpPolicy } from './policy.ts';

const KEY = 'https://a.example';
const unhandled = vi.fn();
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  process.on('unhandledRejection', unhandled);
});
afterEach(async () => {
  await turn();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  unhandled.mockClear();
});

const BAD: [string, () => unknown][] = [
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
  ['never settles', () => new Promise(() => undefined)],
  ['returns nonsense', () => ({ toString: 7 })],
];

function make(): HttpPolicy {
  return createHttpPolicy({ breaker: { failures: 1 } });
}

describe.each(BAD)('a hook that %s', (_, bad) => {
  it('in the place of a listener or of a logger changes no transition', async () => {
    const policy = make();
    const seen: string[] = [];
    policy.subscribe(bad);
    logTransitions(policy, { info: bad, warn: bad });
    policy.subscribe(event => void seen.push(event.type), 'transition');
    for (let i = 0; i < 3; i++) {
      policy.breaker(KEY).isolate();
      policy.breaker(KEY).release();
    }
    expect(seen).toHaveLength(6);
  });

  it('in the place of hostLabel puts such keys under _other, and is reported once', async () => {
    const policy = make();
    const series = new PolicySeries();
    series.add(policy, checkSeriesOptions({ hostLabel: bad }));
    for (const host of ['a', 'b']) policy.breaker(`https://${host}.example`).isolate();
    expect(series.read().map(({ attributes }) => attributes['server.address'])).toEqual(['_other']);
    expect(console.error).toHaveBeenCalledTimes(1);
  });

  it('in the place of onAlert stops no further alert', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const policy = make();
    const onAlert = vi.fn(bad);
    using _watch = alertWhenOpen(policy, { longerThanMs: 1_000, repeat: 1_000, onAlert });
    policy.breaker(KEY).acquire().failure(new Error('down'));
    vi.advanceTimersByTime(3_500);
    expect(onAlert).toHaveBeenCalledTimes(3);
    vi.useRealTimers();
  });
});

it('alertWhenOpen outlives a clock that throws', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  let isBroken = false;
  const clock = {
    now: () => {
      if (isBroken) throw new Error('no time');
      return performance.now();
    },
  };
  const policy = createHttpPolicy({ registry: new BreakerRegistry({ clock }) });
  policy.breaker(KEY).acquire().success();
  const onAlert = vi.fn();
  using _watch = alertWhenOpen(policy, { longerThanMs: 1_000, isolated: true, onAlert });
  isBroken = true;
  vi.advanceTimersByTime(2_000);
  isBroken = false;
  policy.breaker(KEY).isolate();
  vi.advanceTimersByTime(2_000);
  expect(onAlert).toHaveBeenCalledTimes(1);
  expect(console.error).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});
