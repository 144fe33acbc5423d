import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { type AlertOptions, alertWhenOpen, type OpenAlert } from './alert-when-open.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KEY = 'https://a.example';

function make(options: Partial<AlertOptions> = {}) {
  const policy = createHttpPolicy({
    breaker: { failures: 1, openDurationMs: 1_000, halfOpen: { maxCalls: 1 } },
  });
  const alerts: OpenAlert[] = [];
  const stop = alertWhenOpen(policy, { longerThanMs: 5_000, onAlert: alert => void alerts.push(alert), ...options });
  return { policy, alerts, stop };
}

const fail = (policy: HttpPolicy): void => policy.breaker(KEY).acquire().failure(new Error('down'));

describe('an alert', () => {
  it('comes once for a circuit that is open for longer, also without calls', () => {
    const { policy, alerts } = make();
    fail(policy);
    vi.advanceTimersByTime(4_000);
    expect(alerts).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(alerts).toMatchObject([{ key: KEY, count: 1, explanation: { key: KEY } }]);
    expect(alerts[0]?.openMs).toBeGreaterThanOrEqual(5_000);
    expect(alerts[0]?.openMs).toBeLessThanOrEqual(6_000);
  });

  it('never comes for one that closed in time, however often it opens', () => {
    const { policy, alerts } = make();
    for (let i = 0; i < 5; i++) {
      fail(policy);
      vi.advanceTimersByTime(2_000);
      policy.breaker(KEY).acquire().success();
      expect(policy.breaker(KEY).state).toBe('closed');
    }
    vi.advanceTimersByTime(60_000);
    expect(alerts).toEqual([]);
  });

  it('never comes for one that closed and opened again between two looks', () => {
    const { policy, alerts } = make();
    for (let i = 0; i < 40; i++) {
      fail(policy);
      vi.advanceTimersByTime(1_000);
      policy.breaker(KEY).acquire().success();
    }
    expect(alerts).toEqual([]);
  });

  it('counts the time through probes that fail', () => {
    const { policy, alerts } = make();
    for (let i = 0; i < 6; i++) {
      fail(policy);
      vi.advanceTimersByTime(1_000);
    }
    expect(alerts).toHaveLength(1);
  });

  it('comes again with `repeat`, and anew for another outage', () => {
    const { policy, alerts } = make({ repeat: 10_000 });
    fail(policy);
    vi.advanceTimersByTime(26_000);
    expect(alerts.map(({ count }) => count)).toEqual([1, 2, 3]);
    policy.reset();
    vi.advanceTimersByTime(60_000);
    expect(alerts).toHaveLength(3);
    fail(policy);
    vi.advanceTimersByTime(6_000);
    expect(alerts.map(({ count }) => count)).toEqual([1, 2, 3, 1]);
  });

  it('ignores a circuit that is held open by hand, unless `isolated` is set', () => {
    for (const isolated of [false, true]) {
      const { policy, alerts } = make({ isolated });
      policy.breaker(KEY).isolate();
      vi.advanceTimersByTime(60_000);
      expect(alerts).toHaveLength(isolated ? 1 : 0);
    }
  });

  it('that fails is reported once, and the others come all the same', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const onAlert = vi.fn(async () => Promise.reject(new Error('pager down')));
    const { policy } = make({ onAlert, repeat: 1_000 });
    fail(policy);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(onAlert.mock.calls.length).toBeGreaterThan(2);
    expect(printed).toHaveBeenCalledTimes(1);
  });

  it('comes no more once it is stopped, and leaves no timer', () => {
    const { policy, alerts, stop } = make();
    fail(policy);
    stop();
    vi.advanceTimersByTime(60_000);
    expect([alerts, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('ends with the block that it is used in', () => {
    const policy = createHttpPolicy();
    {
      using _stop = alertWhenOpen(policy, { longerThanMs: 5_000, onAlert: () => undefined });
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps no process alive', () => {
    vi.useRealTimers();
    const timeouts = (): number => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length;
    const before = timeouts();
    const { stop } = make();
    expect(timeouts()).toBe(before);
    stop();
  });

  it.each<[unknown, string]>([
    [{}, 'onAlert must be a function, got undefined'],
    [{ onAlert: 5 }, 'onAlert must be a function, got 5'],
    [{ onAlert: () => 0 }, 'longerThanMs must be a positive number of milliseconds up to 2147483647, got undefined'],
    [{ onAlert: () => 0, longerThanMs: 0 }, 'longerThanMs must be a positive number of milliseconds'],
    [{ onAlert: () => 0, longerThanMs: 5, repeat: -1 }, 'repeat must be a positive number of milliseconds'],
    [{ onAlert: () => 0, longerThanMs: 5, isolated: 1 }, 'isolated must be true or false, got 1'],
    [{ onAlert: () => 0, longerThanMs: 5, every: 1 }, 'every is not an option'],
  ])('with the options %j is refused', (options, message) => {
    expect(() => alertWhenOpen(createHttpPolicy(), options as AlertOptions)).toThrow(message);
  });
});
