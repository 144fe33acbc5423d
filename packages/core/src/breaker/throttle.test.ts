import { ManualClock } from '@cutout/testing';
import { describe, expect, it, vi } from 'vitest';
import type { CircuitOpenError } from '../common/circuit-open-error.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerOptions } from './options.ts';
import type { Permit } from './permit.ts';
import type { ThrottleOptions } from './throttle.ts';

/** A breaker with given chance: by default a call is admitted exactly if the share refused is 0. */
function make(throttle: ThrottleOptions, more: BreakerOptions = {}, random = () => 0) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({ key: 'k', clock, random, throttle: { minimumCalls: 0, ...throttle }, ...more });
  return { clock, breaker };
}

function send(breaker: CircuitBreaker, times: number, answer: (permit: Permit) => void = () => undefined): number {
  let sent = 0;
  for (let i = 0; i < times; i++) {
    const permit = breaker.tryAcquire();
    if (!('success' in permit)) continue;
    sent += 1;
    answer(permit);
  }
  return sent;
}

const good = (permit: Permit): void => permit.success();
const failed = (permit: Permit): void => permit.failure();

describe('the throttle', () => {
  it('refuses nothing while half of the calls are answered well, and opens nothing without a trip', () => {
    const { breaker } = make({ k: 2 });
    for (let i = 0; i < 500; i++) expect(send(breaker, 1, good) + send(breaker, 1, failed)).toBe(2);
    expect(breaker.state).toBe('closed');
    expect(breaker.explain()).toMatchObject({ trips: [], throttle: { requests: 1_000, accepts: 500, refused: 0 } });
  });

  it('refuses with the probability of the book: (requests - K * accepts) / (requests + 1)', () => {
    const { breaker } = make({ k: 2, minShare: 0.001 });
    send(breaker, 10, good);
    expect(breaker.explain().throttle?.refused).toBe(0);
    send(breaker, 90, failed);
    expect(breaker.explain().throttle).toEqual({ requests: 100, accepts: 10, refused: 80 / 101 });
    expect(breaker.explain().summary).toContain('throttle refuses 79.2 %: 10 of 100 calls were answered well');
  });

  it('draws for each call, and counts those it refuses as requests', () => {
    const drawn = [0.79, 0.8];
    const { breaker } = make({ minShare: 0.001 }, {}, () => drawn.shift() ?? 0.999);
    send(breaker, 10, good);
    send(breaker, 90, failed);
    drawn.splice(0, drawn.length, 80 / 101 - 0.001, 81 / 102);
    expect(breaker.tryAcquire()).toMatchObject({ reason: 'throttle', state: 'closed', key: 'k' });
    expect('success' in breaker.tryAcquire()).toBe(true);
    expect(breaker.explain().throttle?.requests).toBe(102);
  });

  it('counts calls that are still in flight as sent and not answered', () => {
    const { breaker } = make({});
    send(breaker, 100);
    expect(breaker.explain().throttle?.refused).toBeCloseTo(0.95);
  });

  it('always lets a share through, and none of the first calls is refused', () => {
    let draw = 0;
    const { breaker } = make({ minShare: 0.1, minimumCalls: 30 }, {}, () => (draw = (draw + 0.01) % 1));
    expect(send(breaker, 30, failed)).toBe(30);
    const sent = send(breaker, 1_000, failed);
    expect(sent).toBeGreaterThanOrEqual(100);
    expect(sent).toBeLessThan(150);
  });

  it('refuses from the first call after the minimum', () => {
    const { breaker } = make({ minimumCalls: 10 });
    expect(send(breaker, 10, failed)).toBe(10);
    expect(send(breaker, 1, failed)).toBe(0);
  });

  it('draws nothing where nothing is refused', () => {
    const random = vi.fn(() => 0);
    send(make({ k: 2 }, {}, random).breaker, 100, good);
    expect(random).not.toHaveBeenCalled();
  });

  it('recovers by itself: when calls are answered again, it soon refuses none', () => {
    const { clock, breaker } = make({ windowMs: 10_000 }, {}, Math.random);
    send(breaker, 200, failed);
    for (let i = 0; i < 30; i++) {
      clock.advance(1_000);
      send(breaker, 100, good);
    }
    expect(breaker.explain().throttle?.refused).toBe(0);
    expect(send(breaker, 100, good)).toBe(100);
  });

  it('uncounts a call without evidence, and the good answer whose body broke', () => {
    const { clock, breaker } = make({ minimumCalls: 20 });
    const quiet = breaker.acquire();
    const broken = breaker.acquire();
    clock.advance(20_000);
    quiet.ignore();
    broken.success('headers');
    expect(breaker.explain().throttle).toMatchObject({ requests: 1, accepts: 1 });
    broken.revoke();
    expect(breaker.explain().throttle).toMatchObject({ requests: 1, accepts: 0 });
  });

  it('forgets by age', () => {
    const { clock, breaker } = make({ windowMs: 10_000 });
    send(breaker, 50, failed);
    clock.advance(10_000);
    expect(breaker.explain().throttle).toEqual({ requests: 0, accepts: 0, refused: 0 });
  });

  it('shows in a refusal when a part of its window is forgotten', () => {
    const { breaker } = make({ windowMs: 10_000 });
    send(breaker, 50, failed);
    const refusal = breaker.tryAcquire() as CircuitOpenError;
    expect(refusal.retryAfterMs).toBe(1_000);
    expect(refusal.message).toContain('throttled: too few of its recent calls were answered well');
  });

  it('works beside a trip, keeps its window over a reconfiguration, and forgets it on reset', () => {
    const { breaker } = make({}, { failures: 3 });
    send(breaker, 2, failed);
    breaker.reconfigure({ throttle: { minimumCalls: 0, k: 3 } });
    expect(breaker.explain().throttle).toMatchObject({ requests: 2 });
    breaker.reconfigure({ throttle: { minimumCalls: 0, windowMs: 1_000 } });
    expect(breaker.explain().throttle).toMatchObject({ requests: 0 });
    send(breaker, 1, failed);
    breaker.reset();
    expect(breaker.explain().throttle).toMatchObject({ requests: 0 });
    const other = make({ minimumCalls: 20 }, { failures: 3 });
    send(other.breaker, 3, failed);
    expect(other.breaker.state).toBe('open');
  });

  it('only reports in shadow mode', () => {
    const { breaker } = make({}, { mode: 'shadow' });
    const reasons: unknown[] = [];
    breaker.subscribe(event => event.type === 'rejected' && reasons.push(event.reason));
    expect(send(breaker, 20, failed)).toBe(20);
    expect(reasons.length).toBeGreaterThan(15);
    expect(new Set(reasons)).toEqual(new Set(['throttle']));
  });

  it.each([
    [{ k: 0.5 }, 'throttle.k must be a finite number of at least 1, got 0.5'],
    [{ k: Infinity }, 'throttle.k must be a finite number of at least 1, got Infinity'],
    [{ windowMs: 0 }, 'throttle.windowMs must be a finite, positive number of milliseconds, got 0'],
    [{ minimumCalls: -1 }, 'throttle.minimumCalls must be zero or a positive integer, got -1'],
    [{ minShare: 0 }, 'throttle.minShare must be a number above 0 and up to 1, got 0'],
    [{ minShare: 2 }, 'throttle.minShare must be a number above 0 and up to 1, got 2'],
    [{ K: 2 }, 'throttle.K is not an option; did you mean k?'],
    [false, 'throttle must be an object, got false'],
  ])('refuses %j', (throttle, message) => {
    expect(() => new CircuitBreaker({ throttle: throttle as ThrottleOptions })).toThrow(message);
  });
});
