import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { TransitionEvent } from '../common/events.ts';
import { type AdaptiveOptions, adaptive } from './adaptive.ts';
import { consecutive } from './consecutive.ts';
import { rate } from './rate.ts';
import type { AdaptiveReading } from './readings.ts';
import { wilsonLower, zOfMean } from './significance.ts';

function make(trip: Partial<AdaptiveOptions> = {}) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({ clock, openDurationMs: 1_000, trip: adaptive(trip) });
  const transitions: TransitionEvent[] = [];
  breaker.subscribe(event => event.type === 'transition' && transitions.push(event));
  return { clock, breaker, transitions };
}

type Bench = ReturnType<typeof make>;

/** One call every 100 ms, of which every `failing`th fails, each taking `latencyMs`. */
function traffic({ clock, breaker }: Bench, calls: number, { failing = Infinity, latencyMs = 10 } = {}): void {
  for (let i = 1; i <= calls && breaker.state === 'closed'; i++) {
    const permit = breaker.acquire();
    clock.advance(latencyMs);
    if (i % failing === 0) permit.failure(new Error('bad'));
    else permit.success();
    clock.advance(100 - (latencyMs % 100));
  }
}

const reading = ({ breaker }: Bench): AdaptiveReading => breaker.explain().trips[0] as AdaptiveReading;

describe('the adaptive trip', () => {
  it('learns the normal share of failures and latency of a key', () => {
    const bench = make();
    traffic(bench, 5_000, { failing: 20, latencyMs: 40 });
    const { normal } = reading(bench);
    expect(normal?.failureRatio).toBeCloseTo(0.05, 3);
    expect(normal?.latencyMs).toBeCloseTo(40, 0);
    expect(bench.breaker.state).toBe('closed');
  });

  it('opens at a share of failures that is normal for one key and alarming for another', () => {
    const flaky = make();
    traffic(flaky, 5_000, { failing: 4 });
    traffic(flaky, 1_000, { failing: 3 });
    expect(flaky.breaker.state).toBe('closed');
    const solid = make();
    traffic(solid, 5_000, { failing: 1_000 });
    traffic(solid, 1_000, { failing: 3 });
    expect(solid.transitions[0]).toMatchObject({ to: 'open', reason: 'adaptive', cause: { message: 'bad' } });
  });

  it('opens when calls take much longer than they used to, though all are good', () => {
    const bench = make();
    traffic(bench, 2_000, { latencyMs: 10 });
    traffic(bench, 300, { latencyMs: 25 });
    expect(bench.breaker.state).toBe('closed');
    traffic(bench, 1_000, { latencyMs: 80 });
    expect(bench.transitions[0]).toMatchObject({ to: 'open', reason: 'adaptive' });
  });

  it('ignores latency where that is off', () => {
    const bench = make({ latency: false });
    traffic(bench, 2_000, { latencyMs: 10 });
    traffic(bench, 1_000, { latencyMs: 99 });
    expect(bench.breaker.state).toBe('closed');
    expect(reading(bench)).not.toHaveProperty('latencyMs');
  });

  it('before it has learned opens at the ceiling only, and never with too few calls', () => {
    const ceiling = make({ failureRatio: { ceiling: 0.8 }, minimumCalls: 10 });
    for (let i = 0; i < 9; i++) ceiling.breaker.acquire().failure();
    expect(ceiling.breaker.state).toBe('closed');
    ceiling.breaker.acquire().failure();
    expect(ceiling.breaker.state).toBe('open');
    const below = make({ failureRatio: { ceiling: 0.8 }, minimumCalls: 10 });
    traffic(below, 200, { failing: 2 });
    expect(below.breaker.state).toBe('closed');
  });

  it('never opens below the floor, however unusual', () => {
    const bench = make({ failureRatio: { floor: 0.4 } });
    traffic(bench, 5_000);
    traffic(bench, 2_000, { failing: 3 });
    expect(bench.breaker.state).toBe('closed');
  });

  it('needs a departure of z standard errors', () => {
    const departs = (z: number): string => {
      const bench = make({ z, failureRatio: { floor: 0.01 } });
      traffic(bench, 5_000, { failing: 10 });
      traffic(bench, 600, { failing: 8 });
      return bench.breaker.state;
    };
    expect([departs(8), departs(0.5)]).toEqual(['closed', 'open']);
  });

  it('does not learn from an outage, and goes on with what it knew after it', () => {
    const bench = make();
    traffic(bench, 5_000, { failing: 50 });
    const before = reading(bench).normal;
    traffic(bench, 1_000, { failing: 1 });
    expect(bench.breaker.state).toBe('open');
    bench.clock.advance(600_000);
    bench.breaker.acquire().success();
    bench.breaker.acquire().success();
    expect(bench.breaker.state).toBe('closed');
    expect(reading(bench).calls).toBe(0);
    expect(reading(bench).normal?.failureRatio).toBeCloseTo(before?.failureRatio ?? 0, 3);
  });

  it('forgets what it knew on reset, and keeps it over a reconfiguration', () => {
    const bench = make();
    traffic(bench, 2_000);
    bench.breaker.reconfigure({ trip: adaptive({ z: 5 }) });
    expect(reading(bench).normal).toBeDefined();
    expect(reading(bench).calls).toBeGreaterThan(200);
    bench.breaker.reset();
    expect(reading(bench)).not.toHaveProperty('normal');
  });

  it('counts a body that breaks as a failure of its call, and the longest wait that was requested', () => {
    const bench = make({ minimumCalls: 2 });
    const permit = bench.breaker.acquire();
    permit.success('headers');
    permit.revoke(new Error('cut'));
    expect(reading(bench)).toMatchObject({ calls: 1, failed: 1 });
    bench.breaker.acquire().failure(undefined, { openForMs: 20_000 });
    expect(bench.breaker.tryAcquire()).toMatchObject({ retryAfterMs: 20_000 });
  });

  it('weighs the older less', () => {
    const bench = make({ learnMs: 60_000, failureRatio: { floor: 0.6, ceiling: 1 }, latency: false });
    traffic(bench, 3_000, { failing: 2 });
    expect(reading(bench).normal?.failureRatio).toBeCloseTo(0.5, 2);
    traffic(bench, 3_000);
    expect(reading(bench).normal?.failureRatio).toBeLessThan(0.01);
  });

  it('opens at the ceiling exactly, with the last of the calls it needs', () => {
    const bench = make({ failureRatio: { ceiling: 0.8 }, minimumCalls: 10 });
    for (let i = 0; i < 2; i++) bench.breaker.acquire().success();
    for (let i = 0; i < 7; i++) bench.breaker.acquire().failure();
    expect(bench.breaker.state).toBe('closed');
    bench.breaker.acquire().failure();
    expect(bench.breaker.state).toBe('open');
  });

  it('judges from the floor exactly, and once it has learned from the minimum of calls exactly', () => {
    const opens = (calls: number): boolean => {
      const bench = make({ failureRatio: { floor: 0.5 }, learnCalls: 200, latency: false });
      for (let i = 0; i < calls; i++) bench.breaker.acquire().success();
      bench.clock.advance(31_000);
      for (let i = 0; i < 10; i++) bench.breaker.acquire().success();
      for (let i = 0; i < 10; i++) bench.breaker.acquire().failure();
      return bench.breaker.state === 'open';
    };
    expect([opens(199), opens(200)]).toEqual([false, true]);
  });

  /** What it does when the latency becomes a multiple of the normal. */
  function afterSlowing(factor: number, trip: Partial<AdaptiveOptions>, spread = 1): string {
    const bench = make({ minimumCalls: 5, ...trip });
    for (let i = 0; i < 500; i++) traffic(bench, 1, { latencyMs: i % 2 ? 10 * spread : 10 / spread });
    bench.clock.advance(31_000);
    traffic(bench, 5, { latencyMs: 10 * factor });
    return bench.breaker.state;
  }

  it('opens by latency between floor and ceiling only where the departure is significant', () => {
    expect(afterSlowing(2.9, { z: 0.001 })).toBe('closed');
    expect(afterSlowing(3.1, { z: 0.001 })).toBe('open');
    expect(afterSlowing(3.1, { z: 100 }, 3)).toBe('closed');
    expect(afterSlowing(29, { z: 100 }, 3)).toBe('closed');
    expect(afterSlowing(31, { z: 100 }, 3)).toBe('open');
  });

  it('opens by latency after the calls it needs, and not before it has learned', () => {
    const bench = make({ minimumCalls: 5 });
    traffic(bench, 500);
    bench.clock.advance(31_000);
    traffic(bench, 4, { latencyMs: 1_000 });
    expect(bench.breaker.state).toBe('closed');
    traffic(bench, 1, { latencyMs: 1_000 });
    expect(bench.breaker.state).toBe('open');
    expect(afterSlowing(50, { learnCalls: 10_000 })).toBe('closed');
  });

  it('that timed no calls before opens by none until it has', () => {
    const bench = make({ latency: false, minimumCalls: 5 });
    traffic(bench, 500);
    bench.breaker.reconfigure({ trip: adaptive({ minimumCalls: 5 }) });
    bench.clock.advance(31_000);
    traffic(bench, 5, { latencyMs: 5_000 });
    expect(bench.breaker.state).toBe('closed');
    expect(reading(bench).normal).toMatchObject({ failureRatio: 0 });
    expect(reading(bench).normal).not.toHaveProperty('latencyMs');
  });

  it('counts what runs without a permit: timed, or on the fast path where latency does not count', async () => {
    const timed = make();
    const untimed = make({ latency: false });
    for (const { breaker } of [timed, untimed]) for (let i = 0; i < 100; i++) await breaker.execute(() => i);
    expect(reading(timed)).toMatchObject({ type: 'adaptive', calls: 100, failed: 0, latencyMs: expect.any(Number) });
    const buckets = [...Array(9).fill({ calls: 0, failed: 0, slow: 0 }), { calls: 100, failed: 0, slow: 0 }];
    const reported = { windowMs: 30_000, minimumCalls: 20, calls: 100, failed: 0, buckets };
    expect(reading(untimed)).toEqual({ type: 'adaptive', ...reported });
  });

  it('on the short way opens at the ceiling too', async () => {
    const bench = make({ latency: false, failureRatio: { ceiling: 0.5 } });
    for (let i = 0; i < 50; i++) await bench.breaker.execute(() => i);
    const pending = Array.from({ length: 60 }, () => Promise.withResolvers<void>());
    const calls = pending.map(({ promise }) => bench.breaker.execute(() => promise).catch(() => 'failed'));
    for (const { reject } of pending.slice(0, 50)) reject(new Error('down'));
    await Promise.all(calls.slice(0, 50));
    expect(bench.breaker.state).toBe('open');
    for (const { resolve } of pending.slice(50)) resolve();
  });

  it('counts the late break of a probe body, whose call it had not counted', () => {
    const bench = make({ failureRatio: { ceiling: 1 }, minimumCalls: 2 });
    for (let i = 0; i < 2; i++) bench.breaker.acquire().failure();
    bench.clock.advance(1_000);
    const probes = [bench.breaker.acquire(), bench.breaker.acquire()];
    for (const probe of probes) probe.success('headers');
    bench.clock.advance(30_001);
    probes[0]?.revoke();
    expect(reading(bench)).toMatchObject({ calls: 1, failed: 1 });
    expect(bench.breaker.evictionInfo(bench.clock.now()).evidence).toBe('live');
  });

  it('names evidence for a failure, and none for good calls', () => {
    const bench = make();
    traffic(bench, 5);
    expect(bench.breaker.evictionInfo(bench.clock.now()).evidence).toBe('none');
    bench.breaker.acquire().failure();
    expect(bench.breaker.evictionInfo(bench.clock.now()).evidence).toBe('live');
  });

  it('keeps of what it knows what still fits a reconfiguration', () => {
    const kept = (next: Partial<AdaptiveOptions>): [recent: boolean, normal: boolean] => {
      const bench = make();
      traffic(bench, 2_000);
      bench.breaker.reconfigure({ trip: adaptive(next) });
      return [reading(bench).calls > 0, reading(bench).normal !== undefined];
    };
    expect(kept({ z: 5, minimumCalls: 30 })).toEqual([true, true]);
    expect(kept({ windowMs: 20_000 })).toEqual([false, true]);
    expect(kept({ learnMs: 1_800_000 })).toEqual([false, false]);
    expect(kept({ windowMs: 20_000, learnMs: 1_800_000 })).toEqual([false, false]);
  });

  it('beside another trip keeps what it knows when the circuit closes again', () => {
    const clock = new ManualClock();
    const trip = [consecutive({ failures: 2 }), adaptive()] as const;
    const breaker = new CircuitBreaker({ clock, trip, openDurationMs: 1_000 });
    const bench = { clock, breaker, transitions: [] };
    traffic(bench, 2_000);
    for (let i = 0; i < 2; i++) breaker.acquire().failure();
    clock.advance(1_000);
    for (let i = 0; i < 2; i++) breaker.acquire().success();
    expect(breaker.explain().trips[1]).toMatchObject({ calls: 0, normal: { failureRatio: 0 } });
    breaker.reconfigure({
      trip: [rate({ failureRatio: 1, minimumCalls: 1, window: { type: 'count', size: 1 } }), adaptive()],
    });
    expect(breaker.explain().trips[1]).toMatchObject({ normal: { failureRatio: 0 } });
  });

  it('takes limits that are equal', () => {
    expect(() => make({ windowMs: 5, learnMs: 5, failureRatio: { floor: 0.5, ceiling: 0.5 } })).not.toThrow();
    expect(() => make({ windowMs: 7_200_000 })).not.toThrow();
    expect(() => make({ latency: { floor: 100 } })).not.toThrow();
  });

  it.each([
    [{ learnMs: 0 }, 'adaptive.learnMs must be a finite, positive number of milliseconds, got 0'],
    [{ failureRatio: { ceiling: 2 } }, 'adaptive.failureRatio.ceiling must be a number above 0 and up to 1, got 2'],
    [{ windowMs: 0 }, 'adaptive.windowMs must be a finite, positive number of milliseconds, got 0'],
    [{ windowMs: 10, learnMs: 5 }, 'adaptive.learnMs must be at least adaptive.windowMs (10), got 5'],
    [{ minimumCalls: 0 }, 'adaptive.minimumCalls must be a positive integer, got 0'],
    [{ learnCalls: 1.5 }, 'adaptive.learnCalls must be a positive integer, got 1.5'],
    [{ z: 0 }, 'adaptive.z must be a finite number above 0, got 0'],
    [{ failureRatio: { floor: 0 } }, 'adaptive.failureRatio.floor must be a number above 0 and up to 1, got 0'],
    [
      { failureRatio: { ceiling: 0.05 } },
      'adaptive.failureRatio.ceiling must be at least adaptive.failureRatio.floor (0.1), got 0.05',
    ],
    [{ latency: { floor: 0.5 } }, 'adaptive.latency.floor must be a finite number of at least 1, got 0.5'],
    [{ latency: true }, 'adaptive.latency must be an object, got true'],
    [{ learnDays: 1 }, 'adaptive.learnDays is not an option'],
  ])('refuses %j', (trip, message) => {
    expect(() => make(trip as Partial<AdaptiveOptions>)).toThrow(message);
  });
});

describe('significance', () => {
  // Wilson's interval for 10 of 20 at z = 1.96 is 0.2993 to 0.7007; for 0 of 10 it begins at 0.
  it('is the lower end of the Wilson interval', () => {
    expect(wilsonLower(10, 20, 1.96)).toBeCloseTo(0.2993, 4);
    expect(wilsonLower(0, 10, 1.96)).toBeCloseTo(0, 10);
    expect(wilsonLower(10, 10, 1.96)).toBeCloseTo(0.7225, 4);
  });

  it('is the distance of a mean in standard errors', () => {
    expect(zOfMean(5, 25, 4, 1)).toBe(5);
    expect([zOfMean(5, 4, 5, 0), zOfMean(6, 4, 5, 0)]).toEqual([0, Infinity]);
  });
});
