import { ManualClock } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreakerRegistry } from '../registry/registry.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { BreakerOptions } from './options.ts';
import type { BreakerSnapshot } from './snapshot.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1e12 }));
afterEach(() => void vi.useRealTimers());

function make(options: BreakerOptions = {}): { clock: ManualClock; breaker: CircuitBreaker } {
  const clock = new ManualClock();
  return { clock, breaker: new CircuitBreaker({ key: 'a', clock, openDurationMs: 1_000, ...options }) };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i++) breaker.acquire().failure({ status: 503 });
}

const overTheWire = (snapshot: BreakerSnapshot): BreakerSnapshot => JSON.parse(JSON.stringify(snapshot));

describe('a snapshot', () => {
  it('of an open circuit keeps it open for the rest of its time, less what has passed meanwhile', () => {
    const { clock, breaker } = make();
    fail(breaker, 5);
    clock.advance(300);
    const snapshot = overTheWire(breaker.snapshot());
    expect(snapshot).toEqual({
      key: 'a',
      state: 'open',
      remainingMs: 700,
      takenAt: 1e12,
      opens: 1,
      failures: 0,
      cause: { name: 'Response', message: 'status 503', status: 503 },
    });
    vi.setSystemTime(1e12 + 200);
    const other = make();
    other.breaker.restore(snapshot);
    other.clock.advance(499);
    expect(other.breaker.state).toBe('open');
    other.clock.advance(1);
    expect(other.breaker.state).toBe('half-open');
  });

  it.each([
    [-1e9, 700],
    [1e9, 0],
  ])('is not led astray by a wall clock that is %d ms off', (off, left) => {
    const { clock, breaker } = make();
    fail(breaker, 5);
    clock.advance(300);
    const snapshot = breaker.snapshot();
    vi.setSystemTime(1e12 + off);
    const other = make();
    other.breaker.restore(snapshot);
    expect(other.breaker.snapshot().remainingMs).toBe(left);
  });

  it('keeps the failures in a row, isolation, and how often it has opened', () => {
    const [first, second] = [make(), make()];
    fail(first.breaker, 4);
    second.breaker.restore(overTheWire(first.breaker.snapshot()));
    expect(second.breaker.state).toBe('closed');
    fail(second.breaker, 1);
    expect(second.breaker.state).toBe('open');
    first.breaker.isolate();
    second.breaker.restore(first.breaker.snapshot());
    expect(second.breaker.state).toBe('isolated');
    second.breaker.release();
    const growing = { openDurationMs: ({ opens }: { opens: number }) => 100 * opens };
    const [third, fourth] = [make(growing), make(growing)];
    fail(third.breaker, 5);
    third.clock.advance(100);
    fail(third.breaker, 1);
    third.clock.advance(200);
    expect(third.breaker.snapshot()).toMatchObject({ state: 'half-open', opens: 2, remainingMs: 0 });
    fourth.breaker.restore(third.breaker.snapshot());
    fail(fourth.breaker, 1);
    expect(fourth.breaker.snapshot()).toMatchObject({ state: 'open', opens: 3, remainingMs: 300 });
  });

  it('changes nothing by being taken, and drops the answers of calls in flight by being restored', () => {
    const { clock, breaker } = make({ halfOpen: { probeTimeoutMs: 50 } });
    const events: string[] = [];
    fail(breaker, 5);
    breaker.subscribe(({ type }) => events.push(type));
    clock.advance(1_000);
    expect(breaker.snapshot().state).toBe('half-open');
    const probe = breaker.acquire();
    clock.advance(60);
    expect(breaker.snapshot()).toMatchObject({ state: 'open', remainingMs: 990 });
    expect(events.filter(type => type === 'transition')).toHaveLength(1);
    const { breaker: fresh } = make();
    const inFlight = fresh.acquire();
    fresh.restore(fresh.snapshot());
    inFlight.failure();
    expect(fresh.snapshot().failures).toBe(0);
    probe.ignore();
  });

  it.each([
    [null, 'snapshot must be an object, got null'],
    [{ key: 'a' }, "snapshot.state must be one of 'closed', 'open', 'half-open', 'isolated', got undefined"],
    [{ state: 'ajar' }, 'snapshot.key must be a string, got undefined'],
    [{ key: 'a', state: 'ajar' }, 'got "ajar"'],
    [{ key: 'a', state: 'closed', takenAt: 1, size: 5 }, 'snapshot.size is not an option'],
    [
      { key: 'a', state: 'open', takenAt: 1, remainingMs: -1 },
      'snapshot.remainingMs must be a finite number of milliseconds of at least 0, got -1',
    ],
    [{ key: 'a', state: 'open', takenAt: Number.POSITIVE_INFINITY }, 'snapshot.takenAt must be a finite number'],
    [
      { key: 'a', state: 'open' },
      'snapshot.takenAt must be a finite number of milliseconds of at least 0, got undefined',
    ],
    [{ key: 'a', state: 'open', takenAt: 1, opens: 1.5 }, 'snapshot.opens must be zero or a positive integer, got 1.5'],
    [
      { key: 'a', state: 'open', takenAt: 1, failures: -1 },
      'snapshot.failures must be zero or a positive integer, got -1',
    ],
    [{ key: 'a', state: 'open', takenAt: 1, cause: 5 }, 'snapshot.cause must be an object, got 5'],
    [
      { key: 'a', state: 'open', takenAt: 1, cause: { name: 1, message: 'm' } },
      'snapshot.cause must have a name and a message',
    ],
    [
      { key: 'a', state: 'open', takenAt: 1, cause: { name: 'n' } },
      'snapshot.cause must have a name and a message, got {"name":"n"}',
    ],
    [{ key: 'b', state: 'open', takenAt: 1 }, 'snapshot.key must be "a", got "b"'],
  ])('that is none is refused, and changes nothing: %j', (garbage, message) => {
    const { breaker } = make();
    fail(breaker, 3);
    expect(() => breaker.restore(garbage as never)).toThrow(message);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', failures: 3 });
  });

  it('of a registry holds what is not closed and clean, and all or nothing is restored', () => {
    const clock = new ManualClock();
    const registry = new BreakerRegistry({ clock });
    for (const key of ['a', 'b', 'c']) registry.get(key).acquire().success();
    fail(registry.get('a'), 5);
    fail(registry.get('b'), 1);
    const snapshot = JSON.parse(JSON.stringify(registry.snapshot()));
    expect(snapshot.breakers.map(({ key }: BreakerSnapshot) => key)).toEqual(['a', 'b']);
    const other = new BreakerRegistry({ clock });
    other.restore(snapshot);
    expect([other.size, other.peek('a')?.state]).toEqual([2, 'open']);
    const third = new BreakerRegistry({ clock });
    const bad = { ...snapshot, breakers: [...snapshot.breakers, { key: 'd', state: 'ajar' }] };
    expect(() => third.restore(bad)).toThrow('snapshot.breakers[2].state must be one of');
    expect(() => third.restore([] as never)).toThrow('snapshot must be an object');
    expect(() => third.restore({ takenAt: 1, breakers: 5 } as never)).toThrow(
      new TypeError('snapshot.breakers must be a list, got 5'),
    );
    expect(third.size).toBe(0);
  });
});

describe('a restored circuit', () => {
  const saved = (more: object): BreakerSnapshot => ({
    ...{ key: 'a', state: 'open', takenAt: 1e12, remainingMs: 500, opens: 1, failures: 0 },
    ...more,
  });

  it('shows the reason it was opened for, and nothing else', () => {
    const { breaker } = make();
    const emitted: unknown[] = [];
    breaker.subscribe(event => event.type === 'transition' && emitted.push(event));
    const cause = { name: 'n'.repeat(300), message: 'm'.repeat(300), code: 5, status: '503' };
    breaker.restore(saved({ cause }));
    const kept = { name: 'n'.repeat(200), message: 'm'.repeat(200) };
    expect(emitted).toEqual([
      { type: 'transition', key: 'a', from: 'closed', to: 'open', at: 0, reason: 'restore', cause: kept },
    ]);
    expect(breaker.explain()).toMatchObject({ reason: 'restore', cause: kept });
    expect(Object.isFrozen(breaker.explain().cause)).toBe(true);
    breaker.restore(saved({ cause: { name: 'n', message: 'm', code: 'E', status: 503 } }));
    expect(breaker.explain().cause).toEqual({ name: 'n', message: 'm', code: 'E', status: 503 });
  });

  it('counts its failures as old as they are', () => {
    vi.setSystemTime(1e12 + 400);
    for (const [waitMs, failures] of [
      [600, 3],
      [601, 1],
    ] as const) {
      const { breaker, clock } = make({ failures: 9, forgetAfterMs: 1_000 });
      // Only what was left of an open time is ever taken to have passed.
      breaker.restore(saved({ state: 'closed', failures: 2, remainingMs: 400 }));
      clock.advance(waitMs);
      breaker.acquire().failure();
      expect(breaker.snapshot().failures).toBe(failures);
    }
  });

  it('has opened at least once where it is not closed', () => {
    const { breaker } = make();
    breaker.restore(saved({ opens: 0 }));
    expect(breaker.explain().opens).toBe(1);
  });
});

describe('reconfigure', () => {
  const byRate = (failureRatio: number, size = 10): BreakerOptions => ({
    trip: rate({ failureRatio, minimumCalls: 4, window: { type: 'count', size } }),
  });

  it('keeps state, deadline and generation, and the failures that count', () => {
    const { clock, breaker } = make();
    fail(breaker, 3);
    const inFlight = breaker.acquire();
    breaker.reconfigure({ failures: 4, openDurationMs: 5_000 });
    inFlight.failure();
    expect(breaker.state).toBe('open');
    breaker.reconfigure({ openDurationMs: 1 });
    clock.advance(4_999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
  });

  it('keeps a window of the same shape, and begins another afresh', () => {
    const { breaker } = make(byRate(0.9));
    fail(breaker, 3);
    breaker.reconfigure(byRate(0.5));
    fail(breaker, 1);
    expect(breaker.state).toBe('open');
    const other = make(byRate(0.9)).breaker;
    fail(other, 3);
    other.reconfigure(byRate(0.5, 20));
    fail(other, 3);
    expect(other.state).toBe('closed');
    fail(other, 1);
    expect(other.state).toBe('open');
  });

  it('does not count a call twice where a list takes over one window', () => {
    const { trip } = byRate(1, 4) as { trip: never };
    const { breaker } = make({ trip });
    breaker.reconfigure({ trip: [trip, trip] });
    fail(breaker, 3);
    expect(breaker.state).toBe('closed');
    fail(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('leaves the bodies of earlier calls to the counter that marked them', () => {
    const { breaker } = make(byRate(1, 4));
    const early = breaker.acquire();
    early.success('headers');
    breaker.reconfigure({ failures: 2 });
    fail(breaker, 1);
    early.revoke();
    expect(breaker.state).toBe('open');
  });

  it('changes the mode at once, and nothing where an option is bad', () => {
    const { breaker } = make();
    breaker.isolate();
    breaker.reconfigure({ mode: 'shadow' });
    breaker.acquire().success();
    expect(() => breaker.reconfigure({ openDurationMs: -1 })).toThrow('openDurationMs must be');
    breaker.acquire().success();
    breaker.reconfigure({});
    expect(() => breaker.acquire()).toThrow('isolated');
  });
});

describe('a snapshot that others may have written', () => {
  const open = (of: Partial<BreakerSnapshot>): BreakerSnapshot => ({
    key: 'a',
    state: 'open',
    remainingMs: 1,
    takenAt: Date.now(),
    opens: 1,
    failures: 0,
    ...of,
  });
  const leftOf = (options: BreakerOptions, of: Partial<BreakerSnapshot>): number => {
    const { breaker } = make(options);
    breaker.restore(open(of));
    return breaker.snapshot().remainingMs;
  };

  it.each<[string, BreakerOptions['openDurationMs'], number]>([
    ['the longest wait a server may request', 1_000, 300_000],
    ['its own open time', 600_000, 600_000],
    ['a day, where its open time is computed', () => 5, 86_400_000],
  ])('holds a circuit open for at most %s', (_, openDurationMs = 1_000, most) => {
    for (const remainingMs of [most + 1, 9e15, 1e18, Number.MAX_VALUE]) {
      expect(leftOf({ openDurationMs }, { remainingMs })).toBe(most);
    }
    expect(leftOf({ openDurationMs }, { remainingMs: most })).toBe(most);
    expect(leftOf({ openDurationMs }, { remainingMs: most - 1 })).toBe(most - 1);
  });

  it('loses the time that has passed since from what it was clamped to', () => {
    expect(leftOf({}, { remainingMs: 1e18, takenAt: Date.now() - 100_000 })).toBe(200_000);
    expect(leftOf({}, { remainingMs: 1e18, takenAt: Date.now() + 1e9 })).toBe(300_000);
    expect(leftOf({}, { remainingMs: 1e18, takenAt: 0 })).toBe(0);
  });

  it.each([
    [1_000, 1_000],
    [1_001, 1_000],
    [Number.MAX_SAFE_INTEGER, 1_000],
  ])('has opened %i times in a row: taken as %i', (opens, taken) => {
    const { breaker } = make();
    breaker.restore(open({ opens }));
    expect(breaker.explain().opens).toBe(taken);
  });

  it('closes with fewer failures than open a circuit', () => {
    const { breaker } = make();
    breaker.restore(open({ state: 'closed', failures: 1e9 }));
    expect(breaker.explain()).toMatchObject({ state: 'closed', trips: [{ failures: 4, limit: 5 }] });
    breaker.acquire().success('headers');
    expect(breaker.state).toBe('closed');
  });

  it('has a cause that is safe to print', () => {
    const { breaker } = make();
    breaker.restore(open({ cause: { name: 'N\n', message: 'https://a.example/?secret \u001b', code: 'C\r' } }));
    expect(breaker.explain().cause).toEqual({ name: 'N\\n', message: '(url) \\u001b', code: 'C\\r' });
  });
});
