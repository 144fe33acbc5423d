import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { BreakerRegistry } from '../registry/registry.ts';
import { adaptive } from '../trip/adaptive.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerOptions } from './options.ts';

function make(options: BreakerOptions = {}) {
  const clock = new ManualClock();
  return {
    clock,
    breaker: new CircuitBreaker({ key: 'https://a.example', clock, openDurationMs: 10_000, ...options }),
  };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i++) breaker.acquire().failure(Object.assign(new Error('no'), { code: 'ECONNRESET' }));
}

describe('an explanation', () => {
  it('of a closed circuit shows how near it is', () => {
    const { breaker } = make();
    fail(breaker, 3);
    expect(breaker.explain()).toEqual({
      key: 'https://a.example',
      state: 'closed',
      opens: 0,
      remainingMs: 0,
      trips: [{ type: 'consecutive', failures: 3, limit: 5 }],
      summary: 'circuit "https://a.example" is closed; 3 of 5 failures in a row',
    });
  });

  it('of an open circuit shows what opened it, as it was then, and for how long', () => {
    const { clock, breaker } = make();
    fail(breaker, 5);
    clock.advance(4_000.5);
    expect(breaker.explain()).toEqual({
      key: 'https://a.example',
      state: 'open',
      reason: 'consecutive',
      cause: { name: 'Error', message: 'no', code: 'ECONNRESET' },
      opens: 1,
      remainingMs: 5_999.5,
      trips: [{ type: 'consecutive', failures: 5, limit: 5 }],
      summary:
        'circuit "https://a.example" is open for another 6000 ms; reason consecutive; 5 of 5 failures in a row; last failure Error ECONNRESET',
    });
  });

  it('names the window that decided', () => {
    const { breaker } = make({
      trip: [
        rate({ minimumCalls: 4, window: { type: 'count', size: 10 } }),
        rate({ minimumCalls: 4, failureRatio: 0.9, window: { type: 'time', durationMs: 60_000 } }),
      ],
    });
    breaker.acquire().success();
    breaker.acquire().success();
    fail(breaker, 2);
    const { trips, summary, reason } = breaker.explain();
    expect(reason).toBe('rate');
    expect(trips).toMatchObject([
      { window: { type: 'count', size: 10 }, calls: 4, failed: 2, failureRatio: 0.5, minimumCalls: 4 },
      { window: { type: 'time', durationMs: 60_000 }, calls: 4, failed: 2, failureRatio: 0.9 },
    ]);
    expect(summary).toContain('2 of 4 calls failed in the last 10 calls (opens at 50 % of at least 4)');
    expect(summary).toContain('2 of 4 calls failed in the last 60000 ms (opens at 90 % of at least 4)');
  });

  it('shows slow calls where they are judged', () => {
    const { clock, breaker } = make({
      trip: rate({ minimumCalls: 5, window: { type: 'count', size: 10 }, slowCall: { durationMs: 100, ratio: 0.8 } }),
    });
    const permit = breaker.acquire();
    clock.advance(101);
    permit.success();
    expect(breaker.explain().trips).toMatchObject([{ slow: 1, slowRatio: 0.8 }]);
    expect(breaker.explain().summary).toContain('1 slow (opens at 80 %)');
  });

  it('shows the window in buckets, and of an open circuit as it was when it opened', () => {
    const window = { type: 'time', durationMs: 400, buckets: 4 } as const;
    const { clock, breaker } = make({
      trip: [rate({ minimumCalls: 3, window }), adaptive({ windowMs: 400 })],
    });
    const none = { calls: 0, failed: 0, slow: 0 };
    const [good, bad] = [
      { ...none, calls: 1 },
      { ...none, calls: 1, failed: 1 },
    ];
    breaker.acquire().success();
    clock.advance(200);
    fail(breaker, 1);
    expect(breaker.explain().trips).toMatchObject([{ buckets: [none, good, none, bad] }, { calls: 2 }]);
    clock.advance(100);
    fail(breaker, 1);
    const tenths = [none, none, good, none, none, none, none, bad, none, bad];
    const opened = [{ buckets: [good, none, bad, bad] }, { buckets: tenths }];
    expect(breaker.explain()).toMatchObject({ state: 'open', trips: opened });
    clock.advance(9_999);
    expect(breaker.explain()).toMatchObject({ state: 'open', trips: opened });
    expect(JSON.stringify(breaker.snapshot())).not.toContain('buckets');
  });

  it('of a half-open circuit shows its probes and what opened it', () => {
    const { clock, breaker } = make();
    fail(breaker, 5);
    clock.advance(10_000);
    fail(breaker, 1);
    clock.advance(10_000);
    breaker.acquire().success();
    breaker.acquire();
    expect(breaker.explain()).toMatchObject({
      state: 'half-open',
      opens: 2,
      reason: 'probe-failed',
      remainingMs: 0,
      probes: { successes: 1, successThreshold: 2, inFlight: 1, maxCalls: 5 },
      trips: [{ failures: 5 }],
    });
    expect(breaker.explain().summary).toContain(
      'half-open with 1 of 2 successes and 2 of 5 places taken; reason probe-failed, opened 2 times in a row',
    );
  });

  it('sees what the next call will see: a deadline that has passed, a probe that was never answered', () => {
    const { clock, breaker } = make({ halfOpen: { probeTimeoutMs: 5_000 } });
    fail(breaker, 5);
    clock.advance(10_000);
    expect(breaker.explain()).toMatchObject({ state: 'half-open', reason: 'consecutive' });
    breaker.acquire();
    clock.advance(5_000);
    expect(breaker.explain()).toMatchObject({ state: 'open', reason: 'probe-expired', remainingMs: 10_000, opens: 2 });
  });

  it('of a circuit held open by hand, or restored, shows that reason', () => {
    const { breaker } = make();
    fail(breaker, 5);
    const snapshot = breaker.snapshot();
    breaker.isolate();
    expect(breaker.explain()).toMatchObject({ state: 'isolated', reason: 'manual', trips: [] });
    expect(breaker.explain().summary).toBe(
      'circuit "https://a.example" is isolated by hand until it is released; reason manual',
    );
    breaker.restore(snapshot);
    expect(breaker.explain()).toMatchObject({ state: 'open', reason: 'restore', cause: { code: 'ECONNRESET' } });
  });

  it('shows a status as the last failure, and what an adaptive trip takes as normal', () => {
    const { clock, breaker } = make({ trip: adaptive({ learnCalls: 10, minimumCalls: 3 }) });
    expect(breaker.explain().summary).toContain('0 of 0 calls failed in the last 30000 ms (at least 3 are judged)');
    expect(breaker.explain().summary).toContain('what is normal is not learned yet');
    for (let i = 0; i < 50; i++) {
      const permit = breaker.acquire();
      clock.advance(1_000);
      permit.success();
    }
    expect(breaker.explain().summary).toMatch(/0 % is normal, latency 1000 ms where 1000 ms is normal$/);
    for (let i = 0; breaker.state === 'closed' && i < 99; i++) breaker.acquire().failure({ status: 503 });
    expect(breaker.explain().summary).toContain('last failure Response 503');
  });

  it('of a key is given by the registry, which makes no breaker for it', () => {
    const registry = new BreakerRegistry();
    expect(registry.explain('a')).toBeUndefined();
    expect(registry.size).toBe(0);
    registry.get('a');
    expect(registry.explain('a')).toMatchObject({ key: 'a', state: 'closed' });
  });
});

describe('the line of an explanation', () => {
  it('is one line, whatever key and failure are called', () => {
    const breaker = new CircuitBreaker({ key: 'a\nb', failures: 1 });
    breaker.acquire().failure({ name: 'N\n', message: 'm', code: 'C\u001b[2J' });
    const { summary, key } = breaker.explain();
    expect(key).toBe('a\nb');
    expect(summary).toMatch(/^circuit "a\\nb" is open .*last failure N\\n C\\u001b\[2J$/);
  });
});
