import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { CircuitOpenError } from '../common/circuit-open-error.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerOptions } from './options.ts';
import type { RecoveryOptions } from './recovery.ts';

function recovered(recovery: RecoveryOptions, more: BreakerOptions = {}) {
  const clock = new ManualClock();
  const halfOpen = { maxCalls: 1 };
  const breaker = new CircuitBreaker({
    key: 'k',
    clock,
    failures: 1,
    halfOpen,
    openDurationMs: 1_000,
    recovery,
    ...more,
  });
  breaker.acquire().failure();
  clock.advance(1_000);
  breaker.acquire().success();
  return { clock, breaker };
}

/** The number of calls admitted, of those spread over a time. */
function admitted({ clock, breaker }: ReturnType<typeof recovered>, calls: number, ms: number): number {
  let count = 0;
  for (let i = 0; i < calls; i++) {
    const permit = breaker.tryAcquire();
    if ('success' in permit) {
      permit.success();
      count += 1;
    }
    clock.advance(ms / calls);
  }
  return count;
}

describe('soft recovery', () => {
  it('lets the initial share through at once, the first call among it', () => {
    const bench = recovered({ durationMs: 10_000, initialShare: 0.25 });
    expect('success' in bench.breaker.tryAcquire()).toBe(true);
    expect(admitted(bench, 400, 0)).toBe(100);
  });

  it('lets the mean of the ramp through over its whole length, and then every call', () => {
    const bench = recovered({ durationMs: 10_000, initialShare: 0.2 });
    const share = admitted(bench, 1_000, 10_000) / 1_000;
    expect(share).toBeCloseTo(0.6, 2);
    expect(admitted(bench, 1_000, 0)).toBe(1_000);
  });

  it('refuses with the time that is left, as a closed circuit in recovery', () => {
    const { clock, breaker } = recovered({ durationMs: 10_000, initialShare: 0.5 });
    breaker.acquire().success();
    clock.advance(2_500);
    const events: unknown[] = [];
    breaker.subscribe(event => events.push(event));
    const refusal = breaker.tryAcquire() as CircuitOpenError;
    expect(refusal).toMatchObject({
      state: 'closed',
      reason: 'recovery',
      retryAfterMs: 7_500,
      code: 'ERR_CIRCUIT_OPEN',
    });
    expect(refusal.message).toContain('circuit "k" is recovering');
    expect(events).toMatchObject([{ type: 'rejected', state: 'closed', reason: 'recovery', retryAfterMs: 7_500 }]);
    expect(breaker.state).toBe('closed');
  });

  it('shows in an explanation the share it admits, as long as that is not all', () => {
    const { clock, breaker } = recovered({ durationMs: 1_000, initialShare: 0.5 });
    clock.advance(500);
    expect(breaker.explain()).toMatchObject({ state: 'closed', recoveryShare: 0.75 });
    expect(breaker.explain().summary).toContain('recovering, 75 % of the calls go through');
    clock.advance(500);
    expect(breaker.explain()).not.toHaveProperty('recoveryShare');
  });

  it('counts failures meanwhile: a host that falls over again opens the circuit', () => {
    const { breaker } = recovered({ durationMs: 1_000 });
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
  });

  it('follows a close by probes only', () => {
    const { breaker } = recovered({ durationMs: 1_000, initialShare: 0.1 });
    breaker.reset();
    expect(admitted({ clock: new ManualClock(), breaker }, 100, 0)).toBe(100);
    expect(
      admitted({ clock: new ManualClock(), breaker: new CircuitBreaker({ recovery: { durationMs: 1 } }) }, 9, 0),
    ).toBe(9);
  });

  it('refuses nothing in shadow mode, and reports what it would have', () => {
    const { breaker } = recovered({ durationMs: 1_000, initialShare: 0.1 }, { mode: 'shadow' });
    const reasons: string[] = [];
    breaker.subscribe(event => event.type === 'rejected' && reasons.push(event.reason));
    for (let i = 0; i < 10; i++) breaker.acquire().success();
    expect(reasons.length).toBeGreaterThan(7);
    expect(new Set(reasons)).toEqual(new Set(['recovery']));
  });

  it.each([
    [{}, 'recovery.durationMs must be a finite, positive number of milliseconds, got undefined'],
    [{ durationMs: 0 }, 'recovery.durationMs must be a finite, positive number of milliseconds, got 0'],
    [{ durationMs: Infinity }, 'recovery.durationMs must be a finite, positive number of milliseconds, got Infinity'],
    [{ durationMs: 1, initialShare: 0 }, 'recovery.initialShare must be a number above 0 and up to 1, got 0'],
    [{ durationMs: 1, initialShare: 1.1 }, 'recovery.initialShare must be a number above 0 and up to 1, got 1.1'],
    [{ durationMs: 1, share: 1 }, 'recovery.share is not an option; did you mean initialShare?'],
  ])('refuses %j', (recovery, message) => {
    expect(() => new CircuitBreaker({ recovery: recovery as RecoveryOptions })).toThrow(message);
  });
});
