import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { Permit } from '../breaker/permit.ts';
import type { BreakerEvent, TransitionEvent } from '../common/events.ts';
import { type RateOptions, rate } from './rate.ts';

const COUNT_10 = { type: 'count', size: 10 } as const;

function make(trip: Partial<RateOptions>, more: object = {}) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({
    clock,
    trip: rate({ minimumCalls: 1, window: COUNT_10, ...trip }),
    ...more,
  });
  const transitions: TransitionEvent[] = [];
  breaker.subscribe((event: BreakerEvent) => event.type === 'transition' && transitions.push(event));
  const call = (what: 'good' | 'failed', ms = 0): void => {
    const permit = breaker.acquire();
    clock.advance(ms);
    if (what === 'good') permit.success();
    else permit.failure(new Error('bad'));
  };
  return { clock, breaker, transitions, call };
}

describe('the rate trip', () => {
  it('judges nothing before the minimum of calls, then trips at the ratio, and on a success too', () => {
    const { breaker, call, transitions } = make({ minimumCalls: 4 });
    for (const what of ['failed', 'failed', 'failed'] as const) call(what);
    expect(breaker.state).toBe('closed');
    call('good');
    expect(breaker.state).toBe('open');
    expect(transitions[0]).toMatchObject({ reason: 'rate', from: 'closed', to: 'open' });
  });

  it.each([
    [0.5, 5, 10],
    [1 / 3, 1, 3],
    [0.1, 1, 10],
    [1, 10, 10],
    [0.07, 7, 100],
    [0.29, 29, 100],
  ])('a ratio of %d is reached by %d of %d, and not by one less', (failureRatio, failures, calls) => {
    for (const less of [1, 0]) {
      const { breaker, call } = make({ failureRatio, minimumCalls: calls, window: { type: 'count', size: calls } });
      for (let i = 0; i < calls; i++) call(i < failures - less ? 'failed' : 'good');
      expect(breaker.state, String(less)).toBe(less === 1 ? 'closed' : 'open');
    }
  });

  it('forgets by number, or by age, and counts only completed calls', () => {
    const counted = make({ minimumCalls: 3, failureRatio: 0.6, window: { type: 'count', size: 3 } });
    for (const what of ['failed', 'good', 'good', 'failed', 'good', 'good', 'failed'] as const) counted.call(what);
    expect(counted.breaker.state).toBe('closed');
    const timed = make({ minimumCalls: 3, window: { type: 'time', durationMs: 1_000 } });
    for (let i = 0; i < 10; i++) {
      timed.call('failed');
      timed.clock.advance(500);
      timed.breaker.acquire();
    }
    expect(timed.breaker.state).toBe('closed');
  });

  it("flips a call's own place when its body breaks, and adds a failure where that is gone", () => {
    const { breaker, call } = make({ minimumCalls: 2, failureRatio: 1, window: { type: 'count', size: 2 } });
    const [first, second] = [breaker.acquire(), breaker.acquire()];
    for (const permit of [first, second]) permit.success('headers');
    first.revoke();
    expect(breaker.state).toBe('closed');
    second.revoke();
    expect(breaker.state).toBe('open');
    const other = make({ minimumCalls: 2, failureRatio: 1, window: { type: 'count', size: 2 } });
    const early = other.breaker.acquire();
    early.success('headers');
    for (const what of ['good', 'failed'] as const) other.call(what);
    early.revoke();
    expect(other.breaker.state).toBe('open');
    expect(call).toBeDefined();
  });

  it('opens for as long as the latest server wait that still counts', () => {
    const { breaker, clock } = make({ minimumCalls: 3, window: { type: 'time', durationMs: 10_000 } });
    breaker.acquire().failure(new Error('busy'), { openForMs: 120_000 });
    clock.advance(11_000);
    breaker.acquire().failure(new Error('busy'), { openForMs: 20_000 });
    breaker.acquire().failure(new Error('busy'), { openForMs: 5_000 });
    breaker.acquire().failure(new Error('busy'));
    clock.advance(19_999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
  });

  it('begins each closed period with an empty window', () => {
    const { breaker, clock, call } = make({ minimumCalls: 2, window: COUNT_10 }, { openDurationMs: 100 });
    for (const what of ['failed', 'failed'] as const) call(what);
    clock.advance(100);
    for (const what of ['good', 'good'] as const) call(what);
    expect(breaker.state).toBe('closed');
    call('failed');
    expect(breaker.state).toBe('closed');
  });
});

describe('a short and a long window side by side', () => {
  it('trip whichever is reached first', () => {
    const clock = new ManualClock();
    const short = rate({ minimumCalls: 5, failureRatio: 0.9, window: { type: 'time', durationMs: 1_000 } });
    const long = rate({ minimumCalls: 5, window: { type: 'time', durationMs: 10_000 } });
    const breaker = new CircuitBreaker({ clock, trip: [short, long] });
    for (let i = 0; i < 1_000; i++) {
      clock.advance(10);
      breaker.acquire().success();
    }
    let sent = 0;
    while (breaker.state === 'closed') {
      clock.advance(10);
      breaker.acquire().failure();
      sent += 1;
    }
    // The warm long window alone would take five seconds of outage, 500 calls.
    expect(sent).toBeLessThan(100);
  });
});

describe('slow calls', () => {
  const SLOW: Partial<RateOptions> = { minimumCalls: 2, failureRatio: 1, slowCall: { durationMs: 100, ratio: 0.5 } };

  it('trip at their share; one that takes exactly the time is not slow', () => {
    const { breaker, call, transitions } = make({ ...SLOW, minimumCalls: 3 });
    for (const ms of [100, 100, 101]) call('good', ms);
    expect(breaker.state).toBe('closed');
    call('good', 101);
    expect(breaker.state).toBe('open');
    expect(transitions[0]?.reason).toBe('slow');
  });

  it('count from the moment they are late, in flight, and are seen at the next call', () => {
    const { breaker, clock } = make(SLOW);
    const permits = [breaker.acquire(), breaker.acquire()];
    clock.advance(101);
    expect(breaker.state).toBe('closed');
    expect(() => breaker.acquire()).toThrow('open');
    expect(breaker.state).toBe('open');
    for (const permit of permits) permit.success();
    expect(breaker.state).toBe('open');
  });

  it('are counted once, also when they fail at last, and not at all without evidence', () => {
    const { breaker, clock } = make({ ...SLOW, minimumCalls: 3, slowCall: { durationMs: 100, ratio: 1 } });
    const late = breaker.acquire();
    clock.advance(150);
    for (let i = 0; i < 2; i++) breaker.acquire().success();
    late.failure();
    expect(breaker.state).toBe('closed');
    const neutral = make({ ...SLOW, minimumCalls: 4 });
    const [a, b] = [neutral.breaker.acquire(), neutral.breaker.acquire()] as [Permit, Permit];
    neutral.clock.advance(150);
    neutral.breaker.acquire().success();
    a.ignore();
    b.ignore();
    neutral.clock.advance(1_000);
    for (let i = 0; i < 5; i++) neutral.breaker.acquire().success();
    expect(neutral.breaker.state).toBe('closed');
  });

  it('are those that are superseded, however soon, once each, and never as failures', () => {
    const { breaker, clock, transitions } = make({ ...SLOW, minimumCalls: 4 });
    const [soon, late] = [breaker.acquire(), breaker.acquire()];
    soon.ignore('superseded');
    clock.advance(101);
    breaker.acquire().success();
    late.ignore('superseded');
    expect(breaker.explain().trips).toMatchObject([{ calls: 3, failed: 0, slow: 2 }]);
    breaker.acquire().ignore('superseded');
    expect(transitions).toMatchObject([{ to: 'open', reason: 'slow' }]);
  });

  it('are none where they are not judged: a superseded call is ignored then', () => {
    const { breaker } = make({ failureRatio: 1 });
    breaker.acquire().ignore('superseded');
    expect(breaker.explain().trips).toMatchObject([{ calls: 0 }]);
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
  });

  it('are none of an earlier period, and no probe: that only gives its place back', () => {
    const { breaker, clock } = make({ ...SLOW, minimumCalls: 1 }, { halfOpen: { maxCalls: 1 } });
    const old = breaker.acquire();
    breaker.acquire().failure();
    old.ignore('superseded');
    clock.advance(60_000);
    breaker.acquire().ignore('superseded');
    expect(breaker.state).toBe('half-open');
    breaker.acquire().success();
    expect(breaker.explain().trips).toMatchObject([{ calls: 0, slow: 0 }]);
  });
});

describe('a reconfiguration and slow calls', () => {
  const slow = (durationMs: number): RateOptions => ({
    minimumCalls: 1,
    window: COUNT_10,
    slowCall: { durationMs, ratio: 1 },
  });
  const counted = ({ breaker }: ReturnType<typeof make>): object => breaker.explain().trips[0] as object;

  it.each([
    ['the same time', slow(100), { calls: 1, slow: 1 }],
    ['another time, by which they are not watched', slow(90), { calls: 0, slow: 0 }],
    ['none, by which they are not watched', { ...slow(100), slowCall: undefined }, { calls: 0, slow: 0 }],
  ])('goes on with calls in flight under %s', (_, trip, expected) => {
    const bench = make({ ...slow(100), minimumCalls: 9 });
    bench.breaker.acquire();
    bench.clock.advance(50);
    bench.breaker.reconfigure({ trip: rate({ ...trip, minimumCalls: 9 } as RateOptions) });
    bench.clock.advance(60);
    bench.breaker.acquire();
    expect(counted(bench)).toMatchObject(expected);
  });

  it('keeps calls that are counted as slow where they are counted', () => {
    const bench = make({ ...slow(100), minimumCalls: 9 });
    const [late, neutral] = [bench.breaker.acquire(), bench.breaker.acquire()];
    bench.clock.advance(150);
    bench.breaker.acquire();
    expect(counted(bench)).toMatchObject({ calls: 2, slow: 2, failed: 0 });
    bench.breaker.reconfigure({ trip: rate({ ...slow(100), minimumCalls: 8 }) });
    late.failure();
    neutral.ignore();
    expect(counted(bench)).toMatchObject({ calls: 1, slow: 1, failed: 1, minimumCalls: 8 });
  });

  it('begins to watch where nothing was watched before', () => {
    const bench = make({ minimumCalls: 9 });
    bench.breaker.reconfigure({ trip: rate({ ...slow(100), minimumCalls: 9 }) });
    bench.breaker.acquire();
    bench.clock.advance(101);
    bench.breaker.acquire().success();
    expect(counted(bench)).toMatchObject({ calls: 2, slow: 1, slowRatio: 1 });
  });

  it('ends the watch where nothing is watched any more, and begins it anew', () => {
    const bench = make({ ...slow(100), minimumCalls: 9 });
    bench.breaker.reconfigure({ trip: rate({ minimumCalls: 9, window: COUNT_10 }) });
    const permit = bench.breaker.acquire();
    bench.clock.advance(500);
    permit.success();
    expect(counted(bench)).toMatchObject({ calls: 1, slow: 0 });
    bench.breaker.reconfigure({ trip: rate({ ...slow(100), minimumCalls: 9 }) });
    bench.breaker.acquire();
    bench.clock.advance(101);
    bench.breaker.acquire();
    expect(counted(bench)).toMatchObject({ calls: 2, slow: 1 });
  });
});

describe('what it reads', () => {
  const none = { calls: 0, failed: 0, slow: 0 };

  it.each<[RateOptions['window'], object, object[]]>([
    [{ type: 'count', size: 7 }, { type: 'count', size: 7 }, []],
    [{ type: 'time', durationMs: 700, buckets: 3 }, { type: 'time', durationMs: 700 }, [none, none, none]],
  ])('is read with its window: %j', (window, expected, buckets) => {
    const { breaker } = make({ window, minimumCalls: 3 });
    expect(breaker.explain().trips).toEqual([
      { type: 'rate', window: expected, ...none, buckets, minimumCalls: 3, failureRatio: 0.5 },
    ]);
  });
});

describe('its options', () => {
  const window = COUNT_10;
  it.each([
    [{}, TypeError, 'rate.window must be an object, got undefined'],
    [{ window }, TypeError, 'rate.minimumCalls must be a positive integer, got undefined'],
    [{ window, minimumCalls: 11 }, RangeError, 'rate.minimumCalls must be at most rate.window.size (10), got 11'],
    [
      { window, minimumCalls: 1, failureRatio: 0 },
      RangeError,
      'rate.failureRatio must be a number above 0 and up to 1, got 0',
    ],
    [
      { window, minimumCalls: 1, failureRatio: 50 },
      RangeError,
      'rate.failureRatio must be a number above 0 and up to 1, got 50',
    ],
    [
      { minimumCalls: 1, window: { type: 'sliding' } },
      RangeError,
      "rate.window.type must be one of 'count', 'time', got \"sliding\"",
    ],
    [
      { minimumCalls: 1, window: { size: 5 } },
      TypeError,
      "rate.window.type must be one of 'count', 'time', got undefined",
    ],
    [
      { minimumCalls: 1, window: { type: 'count', size: 0 } },
      RangeError,
      'rate.window.size must be a positive integer up to 100000, got 0',
    ],
    [
      { minimumCalls: 1, window: { type: 'count', size: 5, buckets: 1 } },
      TypeError,
      'rate.window.buckets is not an option',
    ],
    [
      { minimumCalls: 1, window: { type: 'time', durationMs: -1 } },
      RangeError,
      'rate.window.durationMs must be a finite, positive number of milliseconds, got -1',
    ],
    [
      { minimumCalls: 1, window: { type: 'time', durationMs: 1, buckets: 0.5 } },
      RangeError,
      'rate.window.buckets must be an integer from 2 to 1000, got 0.5',
    ],
    [
      { minimumCalls: 1, window: { type: 'time', durationMs: 1, buckets: 1 } },
      RangeError,
      'rate.window.buckets must be an integer from 2 to 1000, got 1',
    ],
    [
      { minimumCalls: 1, window, slowCall: { durationMs: 5 } },
      TypeError,
      'rate.slowCall.ratio must be a number above 0 and up to 1, got undefined',
    ],
    [{ minimumCalls: 1, window, ratio: 1 }, TypeError, 'rate.ratio is not an option; did you mean failureRatio?'],
  ])('are refused where they are bad: %j', (options, Kind, message) => {
    const build = (): unknown => rate(options as never);
    expect(build).toThrow(message);
    expect(build).toThrow(Kind);
  });
});

it('moves on in two steps where that is all', () => {
  const window = { type: 'time', durationMs: 100, buckets: 2 } as const;
  expect(() => new CircuitBreaker({ trip: rate({ minimumCalls: 1, window }) })).not.toThrow();
});
