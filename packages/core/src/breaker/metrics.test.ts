import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { BreakerEvent } from '../common/events.ts';
import { adaptive } from '../trip/adaptive.ts';
import { consecutive } from '../trip/consecutive.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerOptions } from './options.ts';

function make(options: BreakerOptions = {}) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({
    clock,
    key: 'k',
    ...(options.trip ? {} : { failures: 2 }),
    openDurationMs: 1_000,
    ...options,
  });
  return { clock, breaker };
}

const zero = {
  answers: { success: 0, failure: 0, ignore: 0 },
  brokenBodies: 0,
  rejected: 0,
  inFlight: 0,
  utilization: 0,
};

describe('the metrics of a breaker', () => {
  it('are zeros in the beginning', () => {
    const { breaker } = make();
    const still = { transitions: [], openMs: 0, isolatedMs: 0, stateMs: undefined };
    expect(breaker.metrics()).toEqual({ key: 'k', state: 'closed', ...zero, ...still });
  });

  it('count every answer once, by permits, by execute and on its short way', async () => {
    const { breaker } = make({ failures: 9 });
    breaker.acquire().success();
    breaker.acquire().failure();
    breaker.acquire().ignore();
    breaker.acquire().ignore('superseded');
    const body = breaker.acquire();
    body.success('headers');
    body.revoke();
    const running = breaker.acquire();
    for (let i = 0; i < 50; i++) await breaker.execute(() => i);
    await breaker.execute(() => Promise.reject(new Error('down'))).catch(() => undefined);
    const { answers, brokenBodies, inFlight } = breaker.metrics();
    expect({ answers, brokenBodies, inFlight }).toEqual({
      answers: { success: 52, failure: 2, ignore: 2 },
      brokenBodies: 1,
      inFlight: 1,
    });
    running.success();
    running.success();
    expect(breaker.metrics().answers.success).toBe(53);
  });

  it('count refusals and transitions, and the time spent open, also without calls', () => {
    const { breaker, clock } = make();
    for (let i = 0; i < 2; i++) breaker.acquire().failure();
    clock.advance(400);
    for (let i = 0; i < 3; i++) breaker.tryAcquire();
    expect(breaker.metrics()).toMatchObject({ state: 'open', stateMs: 400, openMs: 400, rejected: 3 });
    clock.advance(5_000);
    expect(breaker.metrics()).toMatchObject({ state: 'half-open', stateMs: 4_400, openMs: 1_000 });
    breaker.acquire().failure();
    clock.advance(100);
    expect(breaker.metrics()).toMatchObject({ state: 'open', openMs: 1_100 });
    expect(breaker.metrics().transitions).toEqual([
      { from: 'closed', to: 'open', reason: 'consecutive', count: 1 },
      { from: 'open', to: 'half-open', reason: 'open-elapsed', count: 1 },
      { from: 'half-open', to: 'open', reason: 'probe-failed', count: 1 },
    ]);
  });

  it('count the time held open by hand apart', () => {
    const { breaker, clock } = make();
    breaker.isolate();
    clock.advance(300);
    expect(breaker.metrics()).toMatchObject({ state: 'isolated', isolatedMs: 300, openMs: 0 });
    breaker.release();
    clock.advance(300);
    expect(breaker.metrics()).toMatchObject({ state: 'closed', stateMs: 300, isolatedMs: 300 });
  });

  it('agree with the events, and are not changed by being read', () => {
    const { breaker, clock } = make();
    const events: BreakerEvent[] = [];
    breaker.subscribe(event => events.push(event));
    for (let i = 0; i < 200; i++) {
      const permit = breaker.tryAcquire();
      if ('success' in permit)
        [permit.success, permit.failure, permit.ignore][[1, 1, 0, 2, 0][i % 5] as number]?.call(permit);
      clock.advance((i * 37) % 400);
      expect(breaker.metrics()).toEqual(breaker.metrics());
    }
    const { answers, rejected, transitions } = breaker.metrics();
    const emitted = (type: string, verdict?: string): number =>
      events.filter(event => event.type === type && (!verdict || ('verdict' in event && event.verdict === verdict)))
        .length;
    expect(answers).toEqual({
      success: emitted('outcome', 'success'),
      failure: emitted('outcome', 'failure'),
      ignore: emitted('outcome', 'ignore'),
    });
    expect(rejected).toBe(emitted('rejected'));
    expect(transitions.reduce((sum, { count }) => sum + count, 0)).toBe(emitted('transition'));
    expect(Math.min(rejected, transitions.length)).toBeGreaterThan(2);
  });
});

describe('how much of what would open it there is', () => {
  const failing = (breaker: CircuitBreaker, times: number): void => {
    for (let i = 0; i < times; i++) breaker.acquire().failure();
  };

  it('is the share of the failures in a row, until they are too old to count', () => {
    const { breaker, clock } = make({ failures: 4, forgetAfterMs: 1_000 });
    failing(breaker, 3);
    expect(breaker.metrics().utilization).toBe(0.75);
    clock.advance(1_001);
    expect(breaker.metrics().utilization).toBe(0);
  });

  it('is the ratio over the one that opens it, of failures or of slow calls, from the minimum of calls on', () => {
    const slowCall = { durationMs: 10, ratio: 0.8 };
    const window = { type: 'count', size: 10 } as const;
    const { breaker, clock } = make({ trip: rate({ minimumCalls: 4, failureRatio: 0.5, window, slowCall }) });
    failing(breaker, 1);
    breaker.acquire().success();
    breaker.acquire().success();
    expect(breaker.metrics().utilization).toBe(0);
    breaker.acquire().success();
    expect(breaker.metrics().utilization).toBe(0.5);
    const slow = [breaker.acquire(), breaker.acquire(), breaker.acquire(), breaker.acquire()];
    clock.advance(11);
    for (const permit of slow) permit.success();
    expect(breaker.metrics().utilization).toBe(0.625);
  });

  it('is that of the nearest of several trips', () => {
    const window = { type: 'count', size: 10 } as const;
    const trips = [consecutive({ failures: 8 }), rate({ minimumCalls: 1, failureRatio: 0.8, window })] as const;
    const { breaker } = make({ trip: trips });
    breaker.acquire().success();
    failing(breaker, 1);
    expect(breaker.metrics().utilization).toBe(0.625);
  });

  it('is 1 while it is not closed, and 0 for an adaptive trip before', () => {
    const { breaker } = make({ trip: adaptive() });
    failing(breaker, 1);
    expect(breaker.metrics().utilization).toBe(0);
    breaker.isolate();
    expect(breaker.metrics().utilization).toBe(1);
  });
});
