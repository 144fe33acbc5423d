import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { CircuitOpenError } from '../common/circuit-open-error.ts';
import type { BreakerEvent } from '../common/events.ts';
import { SILENT } from '../common/events.ts';
import { adaptive } from '../trip/adaptive.ts';
import { consecutive } from '../trip/consecutive.ts';
import { rate } from '../trip/rate.ts';
import { CALLS_BEFORE_FAST_PATH, CallResults } from './call-results.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { FastPath } from './fast-path.ts';
import { type BreakerOptions, checkBreakerOptions } from './options.ts';
import type { Permit } from './permit.ts';

async function warm(breaker: CircuitBreaker): Promise<CircuitBreaker> {
  for (let i = 0; i < CALLS_BEFORE_FAST_PATH; i++) await breaker.execute(() => i);
  return breaker;
}

/** Counts how often it is read: a call on the fastPath of a trip without a window of time reads nothing. */
class CountingClock extends ManualClock {
  reads = 0;
  override now(): number {
    this.reads += 1;
    return super.now();
  }
}

/** A call whose end is in the test's hand. */
class Pending {
  readonly #ends = Promise.withResolvers<number>();
  readonly answer: Promise<unknown>;

  constructor(breaker: CircuitBreaker) {
    this.answer = breaker.execute(() => this.#ends.promise).catch(error => error);
  }

  end(good: boolean): Promise<unknown> {
    if (good) this.#ends.resolve(1);
    else this.#ends.reject(new Error('bad'));
    return this.answer;
  }
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TRIPS: BreakerOptions['trip'][] = [
  consecutive({ failures: 3, forgetAfterMs: 500 }),
  rate({ minimumCalls: 4, failureRatio: 0.4, window: { type: 'count', size: 8 } }),
  rate({ minimumCalls: 4, failureRatio: 0.4, window: { type: 'time', durationMs: 1_000 } }),
  [consecutive({ failures: 4 }), rate({ minimumCalls: 6, window: { type: 'count', size: 10 } })],
];

describe('the fastPath', () => {
  it.each(TRIPS.map((trip, i) => [i, trip] as const))('of trip %i leads where permits lead', async (_i, trip) => {
    let opened = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const random = seeded(seed);
      const clock = new ManualClock();
      const options = { trip: trip as never, openDurationMs: 300, clock };
      const [onLane, byPermit] = [await warm(new CircuitBreaker(options)), new CircuitBreaker(options)];
      for (let i = 0; i < CALLS_BEFORE_FAST_PATH; i++) byPermit.acquire().success();
      const running: [Pending, Permit][] = [];
      for (let step = 0; step < 60; step++) {
        const draw = random();
        if (draw < 0.45) {
          const permit = byPermit.tryAcquire();
          if ('success' in permit) running.push([new Pending(onLane), permit]);
          else expect(await onLane.execute(() => 1).catch(error => error.state)).toBe(permit.state);
        } else if (draw < 0.9 && running.length > 0) {
          const [[call, permit]] = running.splice(Math.floor(random() * running.length), 1) as [[Pending, Permit]];
          const good = random() < 0.5;
          await call.end(good);
          if (good) permit.success();
          else permit.failure(new Error('bad'));
        } else clock.advance(Math.floor(random() * 400));
        expect(onLane.explain(), `seed ${seed}`).toEqual(byPermit.explain());
        expect(onLane.evictionInfo(0).inFlight, `seed ${seed}`).toBe(running.length);
        if (byPermit.state === 'open') opened += 1;
      }
    }
    expect(opened).toBeGreaterThan(100);
  });

  it('reads no clock, and opens after a number of calls', async () => {
    const clock = new CountingClock();
    const breaker = new CircuitBreaker({ clock });
    await warm(breaker);
    const { reads } = clock;
    for (let i = 0; i < 50; i++) await breaker.execute(() => i);
    expect(clock.reads).toBe(reads);
  });

  it.each<[string, BreakerOptions]>([
    ['a throttle', { throttle: {} }],
    [
      'slow calls',
      {
        trip: rate({ minimumCalls: 1, window: { type: 'count', size: 1 }, slowCall: { durationMs: 1, ratio: 1 } }),
      },
    ],
    ['an adaptive trip', { trip: adaptive() }],
  ])('is not for %s, which must know when a call was admitted', async (_what, options) => {
    const clock = new CountingClock();
    const breaker = await warm(new CircuitBreaker({ clock, ...options }));
    const { reads } = clock;
    await breaker.execute(() => 1);
    expect(clock.reads).toBeGreaterThanOrEqual(reads + 2);
  });

  it('is left while somebody listens, and nothing is lost to him that began after', async () => {
    const breaker = await warm(new CircuitBreaker());
    const before = new Pending(breaker);
    const events: BreakerEvent[] = [];
    const stop = breaker.subscribe(event => events.push(event));
    await breaker.execute(() => 1);
    await before.end(true);
    expect(events.map(({ type }) => type)).toEqual(['outcome']);
    stop();
    await breaker.execute(() => 1);
    expect(events).toHaveLength(1);
  });

  it('emits the transition of a failure that began before the first listener', async () => {
    const breaker = await warm(new CircuitBreaker({ failures: 1 }));
    const call = new Pending(breaker);
    const events: BreakerEvent[] = [];
    breaker.subscribe(event => events.push(event));
    await call.end(false);
    expect(events).toMatchObject([{ type: 'transition', to: 'open', cause: { message: 'bad' } }]);
  });

  it('counts a first failure whenever its call was admitted', async () => {
    const clock = new ManualClock();
    const trip = consecutive({ failures: 2, forgetAfterMs: 10 });
    const breaker = await warm(new CircuitBreaker({ clock, trip }));
    const [first, second] = [new Pending(breaker), new Pending(breaker)];
    clock.advance(1_000);
    await first.end(false);
    clock.advance(5);
    await second.end(false);
    expect(breaker.state).toBe('open');
  });

  it('drops what comes back by it after a reset, a trip, or in another closed period', async () => {
    const clock = new ManualClock();
    const trip = consecutive({ failures: 1 });
    const breaker = await warm(new CircuitBreaker({ clock, trip, openDurationMs: 10 }));
    const [late, later, last] = [new Pending(breaker), new Pending(breaker), new Pending(breaker)];
    breaker.reset();
    await late.end(false);
    expect(breaker.state).toBe('closed');
    breaker.acquire().failure();
    await later.end(true);
    expect(breaker.state).toBe('open');
    clock.advance(10);
    await breaker.execute(() => 1);
    await breaker.execute(() => 1);
    await last.end(false);
    expect(breaker.state).toBe('closed');
    expect(breaker.evictionInfo(clock.now()).inFlight).toBe(0);
  });

  it('goes on after a reconfiguration by the new rules, and not at all where a breaker is off', async () => {
    const breaker = await warm(new CircuitBreaker());
    breaker.reconfigure({ failures: 1 });
    await warm(breaker);
    await new Pending(breaker).end(false);
    expect(breaker.state).toBe('open');
    const off = await warm(new CircuitBreaker());
    off.reconfigure({ mode: 'off', failures: 1 });
    await warm(off);
    await new Pending(off).end(false);
    expect(off.state).toBe('closed');
  });

  it('takes values, thenables and throws as execute does, and hands on the very promise', async () => {
    const breaker = await warm(new CircuitBreaker());
    const error = new Error('thrown');
    expect(await breaker.execute(() => 5)).toBe(5);
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is meant
    const thenable = { then: (use: (value: number) => void) => use(6) } as PromiseLike<number>;
    expect(await breaker.execute(() => thenable)).toBe(6);
    await expect(breaker.execute(() => Promise.reject(error))).rejects.toBe(error);
    const thrown = breaker.execute(() => {
      throw error;
    });
    expect(thrown).toBeInstanceOf(Promise);
    await expect(thrown).rejects.toBe(error);
    expect(breaker.explain().trips).toMatchObject([{ failures: 2 }]);
  });

  it('stays the same for a closed period, and another one gets its own', () => {
    const results = new CallResults('k', new ManualClock(), Math.random, checkBreakerOptions(), SILENT);
    const lanes = Array.from({ length: CALLS_BEFORE_FAST_PATH + 5 }, () => results.fastPath);
    expect(lanes.slice(0, CALLS_BEFORE_FAST_PATH - 1)).toEqual(Array(CALLS_BEFORE_FAST_PATH - 1).fill(undefined));
    expect(lanes.at(-1)).toBeInstanceOf(FastPath);
    expect(new Set(lanes).size).toBe(2);
    results.machine.reset(0);
    expect(results.fastPath).toBeUndefined();
  });

  it('is not for a recovery, which lets a share through, and opens when that is over', async () => {
    const clock = new ManualClock();
    const recovery = { durationMs: 1_000, initialShare: 0.1 };
    const options = { clock, recovery, openDurationMs: 10, failures: 1 } as const;
    const breaker = new CircuitBreaker(options);
    breaker.acquire().failure();
    clock.advance(10);
    for (let i = 0; i < 2; i++) await breaker.execute(() => i);
    const calls = Array.from({ length: 3 * CALLS_BEFORE_FAST_PATH }, () =>
      breaker.execute(() => 1).catch(({ reason }) => reason),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter(answer => answer === 'recovery')).toHaveLength(Math.floor(answers.length * 0.9));
    clock.advance(1_000);
    await warm(breaker);
    expect(await Promise.all(calls.map(() => breaker.execute(() => 1)))).toEqual(calls.map(() => 1));
  });

  it.each<[string, (breaker: CircuitBreaker) => void, string]>([
    ['a failure', breaker => breaker.acquire().failure(), 'open'],
    [
      'a body that broke',
      breaker => {
        const permit = breaker.acquire();
        permit.success('headers');
        permit.revoke();
      },
      'open',
    ],
    ['a superseded call', breaker => breaker.acquire().ignore('superseded'), 'closed'],
    ['a reset', breaker => breaker.reset(), 'closed'],
    ['other options', breaker => breaker.reconfigure({ failures: 2 }), 'closed'],
    ['a snapshot', breaker => breaker.restore(breaker.snapshot()), 'closed'],
    ['isolation', breaker => breaker.isolate(), 'isolated'],
  ])('is judged again after %s, by permits too', async (_, step, state) => {
    const size = CALLS_BEFORE_FAST_PATH + 3;
    const trip = rate({ minimumCalls: size, failureRatio: 0.01, window: { type: 'count', size } });
    const breaker = await warm(new CircuitBreaker({ trip }));
    const last = new Pending(breaker);
    step(breaker);
    expect(breaker.state).toBe(state === 'open' ? 'closed' : state);
    // The success that makes the window large enough to judge.
    await last.end(true);
    await breaker.execute(() => 1).catch(() => undefined);
    expect(breaker.state).toBe(state);
  });

  it('refuses with the error itself, as a rejection', async () => {
    const breaker = await warm(new CircuitBreaker());
    breaker.isolate();
    const refusal = breaker.execute(() => 1);
    await expect(refusal).rejects.toMatchObject({ state: 'isolated' } satisfies Partial<CircuitOpenError>);
  });
});
