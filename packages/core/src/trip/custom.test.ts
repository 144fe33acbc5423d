import { ManualClock } from '@cutout/testing';
import { describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { BreakerOptions } from '../breaker/options.ts';
import type { BreakerEvent } from '../common/events.ts';
import { BreakerRegistry } from '../registry/registry.ts';
import { consecutive } from './consecutive.ts';
import { rate } from './rate.ts';
import type { Trip, TripCounter, TripOutcome } from './trip.ts';

/** Opens at `limit` failures in all, and keeps what it was given. */
function inAll(limit: number, name = 'in-all') {
  const outcomes: TripOutcome[] = [];
  const earlier: (TripCounter | undefined)[] = [];
  const trip: Trip = {
    name,
    start(from) {
      earlier.push(from);
      let failures = 0;
      return {
        record(outcome) {
          outcomes.push(outcome);
          if (outcome.verdict === 'failure') failures += 1;
        },
        tripped: () => failures >= limit,
        describe: () => `${failures} of ${limit} failures`,
        utilization: () => failures / limit,
      };
    },
  };
  return { trip, outcomes, earlier };
}

function make(options: BreakerOptions) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({ clock, openDurationMs: 1_000, halfOpen: { maxCalls: 1 }, ...options });
  return { clock, breaker };
}

/** Everything that can happen to a circuit with this trip beside failures in a row. Returns what was reported. */
function playAll(trip: Trip) {
  const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const { clock, breaker } = make({ trip: [trip, consecutive({ failures: 3 })] });
  breaker.acquire().success();
  const body = breaker.acquire();
  body.success('headers');
  body.revoke();
  breaker.acquire().ignore();
  breaker.acquire().ignore('superseded');
  breaker.acquire().success();
  expect(breaker.explain().trips).toHaveLength(2);
  expect(breaker.metrics().utilization).toBe(0);
  for (let i = 0; i < 3; i++) breaker.acquire().failure();
  expect(breaker.explain()).toMatchObject({ state: 'open', reason: 'consecutive' });
  clock.advance(1_000);
  breaker.acquire().success();
  expect(breaker.state).toBe('closed');
  expect(breaker.metrics().inFlight).toBe(0);
  return reports;
}

describe('a trip of the application', () => {
  it('opens the circuit when it says so, with its own words in the explanation', () => {
    const { breaker } = make({ trip: inAll(3).trip });
    const events: BreakerEvent[] = [];
    breaker.subscribe(event => events.push(event), 'transition');
    for (const verdict of ['failure', 'success', 'failure'] as const) breaker.acquire()[verdict]();
    expect(breaker.explain()).toMatchObject({
      state: 'closed',
      trips: [{ type: 'custom', name: 'in-all', description: '2 of 3 failures' }],
      summary: 'circuit "default" is closed; in-all: 2 of 3 failures',
    });
    expect(breaker.metrics().utilization).toBeCloseTo(2 / 3);
    breaker.acquire().failure(new Error('down'), { openForMs: 2_000 });
    expect(events).toMatchObject([{ to: 'open', reason: 'custom', cause: { message: 'down' } }]);
    expect(breaker.explain()).toMatchObject({ remainingMs: 2_000, trips: [{ description: '3 of 3 failures' }] });
  });

  it('has its words escaped in the summary, and as they are in the data', () => {
    const { breaker } = make({
      trip: { name: 'a\nb', start: () => ({ record: () => undefined, tripped: () => false, describe: () => 'c\nd' }) },
    });
    const { summary, trips } = breaker.explain();
    expect(summary).toBe('circuit "default" is closed; a\\nb: c\\nd');
    expect(trips).toEqual([{ type: 'custom', name: 'a\nb', description: 'c\nd' }]);
  });

  it('records each outcome once, and a body that broke after its headers once more', () => {
    const { trip, outcomes } = inAll(9);
    const { clock, breaker } = make({ trip });
    const [whole, broken, late] = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
    clock.advance(5);
    whole.success('headers');
    whole.success();
    broken.success('headers');
    clock.advance(5);
    broken.revoke();
    late.failure();
    breaker.acquire().ignore();
    const seen = outcomes.map(({ call, ...rest }) => ({ admittedAt: call.admittedAt, ...rest }));
    expect(seen).toEqual([
      { admittedAt: 0, verdict: 'success', at: 5, afterHeaders: false },
      { admittedAt: 0, verdict: 'success', at: 5, afterHeaders: false },
      { admittedAt: 0, verdict: 'failure', at: 10, afterHeaders: true },
      { admittedAt: 0, verdict: 'failure', at: 10, afterHeaders: false },
    ]);
    expect(outcomes[1]?.call).toBe(outcomes[2]?.call);
  });

  it('sees every call of execute, however many there are', async () => {
    const { trip, outcomes } = inAll(9);
    const { breaker } = make({ trip });
    for (let i = 0; i < 100; i++) await breaker.execute(() => i);
    expect(outcomes).toHaveLength(100);
  });

  it('is given the counter before when the circuit closes again, and none after a reset', () => {
    const { trip, earlier } = inAll(1);
    const { clock, breaker } = make({ trip });
    breaker.acquire().failure();
    clock.advance(1_000);
    breaker.acquire().success();
    expect(breaker.state).toBe('closed');
    breaker.reset();
    // When checked, when made, when closed again, when reset.
    expect(earlier.map(from => typeof from)).toEqual(['undefined', 'undefined', 'object', 'undefined']);
  });

  it('goes on with its counter in a reconfiguration; another of its name starts from it', () => {
    const { trip } = inAll(3);
    const { breaker } = make({ trip });
    for (let i = 0; i < 2; i++) breaker.acquire().failure();
    breaker.reconfigure({ trip: [rate({ minimumCalls: 9, window: { type: 'count', size: 9 } }), trip] });
    expect(breaker.explain().trips[1]).toMatchObject({ description: '2 of 3 failures' });
    const other = inAll(3);
    breaker.reconfigure({ trip: other.trip });
    expect(other.earlier.at(-1)?.utilization?.(0)).toBeCloseTo(2 / 3);
    expect(breaker.explain().trips).toMatchObject([{ description: '0 of 3 failures' }]);
    const stranger = inAll(3, 'another');
    breaker.reconfigure({ trip: stranger.trip });
    expect(stranger.earlier.at(-1)).toBeUndefined();
  });

  it('stands beside others, and has a counter of its own for each key', () => {
    const registry = new BreakerRegistry({ breaker: { trip: [inAll(3).trip, consecutive({ failures: 2 })] } });
    const [a, b] = [registry.get('a'), registry.get('b')];
    for (let i = 0; i < 2; i++) a.acquire().failure();
    b.acquire().failure();
    expect([a.state, b.state]).toEqual(['open', 'closed']);
    expect(a.explain()).toMatchObject({ reason: 'consecutive', trips: [{ name: 'in-all' }, { failures: 2 }] });
  });

  it('keeps the key of a circuit that has failed before others', () => {
    const { clock, breaker } = make({ trip: inAll(3).trip });
    expect(breaker.evictionInfo(clock.now()).evidence).toBe('none');
    breaker.acquire().failure();
    expect(breaker.evictionInfo(clock.now()).evidence).toBe('live');
    const other = make({ trip: inAll(3).trip }).breaker;
    const body = other.acquire();
    body.success('headers');
    body.revoke();
    expect(other.evictionInfo(0).evidence).toBe('live');
  });

  it('is judged after what it recorded, and at no other time unless it follows calls in flight', () => {
    let judged = 0;
    const trip: Trip = { name: 'counted', start: () => ({ record: () => undefined, tripped: () => ++judged < 0 }) };
    const { breaker } = make({ trip });
    for (let i = 0; i < 3; i++) breaker.acquire().ignore(i === 1 ? 'superseded' : undefined);
    expect(judged).toBe(0);
    breaker.acquire().success();
    breaker.acquire().failure();
    expect(judged).toBe(2);
  });

  it('is given the time of admission, also of a call that is one of many', async () => {
    const { trip, outcomes } = inAll(9);
    const { clock, breaker } = make({ trip });
    for (let i = 0; i < 100; i++) await breaker.execute(() => i);
    await breaker.execute(() => clock.advance(4));
    expect(outcomes.at(-1)).toMatchObject({ call: { admittedAt: 0 }, at: 4 });
  });

  it.each([{}, { utilization: () => 0, describe: () => '', admitted: () => undefined, ignored: () => undefined }])(
    'that does as it should is not reported: %j',
    more => {
      const reports = playAll({
        name: 'fine',
        start: () => ({ record: () => undefined, tripped: () => false, ...more }),
      });
      expect(reports).not.toHaveBeenCalled();
    },
  );

  it('may have members that are options elsewhere', () => {
    const { trip } = inAll(1);
    expect(() => make({ trip: { ...trip, failures: 5, window: {} } as Trip })).not.toThrow();
  });

  it('may follow calls in flight, and open before the next call', () => {
    const running = new Set<unknown>();
    const trip: Trip = {
      name: 'crowded',
      start: () => ({
        record: ({ call }) => void running.delete(call),
        tripped: now => running.size >= 2 && now >= 100,
        admitted: call => void running.add(call),
        ignored: call => void running.delete(call),
      }),
    };
    const { clock, breaker } = make({ trip });
    breaker.acquire().ignore();
    breaker.acquire().success();
    expect(running.size).toBe(0);
    breaker.acquire().ignore('superseded');
    expect(running.size).toBe(0);
    for (let i = 0; i < 2; i++) breaker.acquire();
    clock.advance(100);
    expect(breaker.tryAcquire()).toMatchObject({ reason: 'open' });
    expect(breaker.explain().trips).toStrictEqual([{ type: 'custom', name: 'crowded' }]);
    expect(breaker.explain().summary).toMatch(/; crowded$/);
  });

  it('may be an object of a class, with members of its own', () => {
    class OnceCounter implements TripCounter {
      #failures = 0;
      readonly #limit: number;

      constructor(limit: number) {
        this.#limit = limit;
      }

      record({ verdict }: TripOutcome): void {
        if (verdict === 'failure') this.#failures += 1;
      }

      tripped(): boolean {
        return this.#failures >= this.#limit;
      }
    }
    class Once implements Trip {
      readonly name = 'once';
      readonly #limit = 1;

      start(): TripCounter {
        return new OnceCounter(this.#limit);
      }
    }
    const { breaker } = make({ trip: new Once() });
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
  });

  it('that moves the circuit on itself does not open it twice', () => {
    const log: string[] = [];
    const trip: Trip = {
      name: 'by-hand',
      start: () => ({
        record: () => undefined,
        tripped() {
          breaker.isolate();
          return true;
        },
      }),
    };
    const { breaker } = make({ trip });
    breaker.subscribe(event => event.type === 'transition' && log.push(`${event.from}>${event.to}`));
    breaker.acquire().failure();
    expect(log).toEqual(['closed>isolated']);
  });

  it('records a call that was admitted before it was set as one of this moment', async () => {
    const { trip, outcomes } = inAll(9);
    const { clock, breaker } = make({});
    for (let i = 0; i < 100; i++) await breaker.execute(() => i);
    const ends = ['good', 'bad'].map(end => breaker.execute(async () => (end === 'bad' ? Promise.reject(end) : end)));
    clock.advance(7);
    breaker.reconfigure({ trip });
    await Promise.allSettled(ends);
    const seen = outcomes.map(({ call, verdict, at, afterHeaders }) => [verdict, call.admittedAt, at, afterHeaders]);
    expect(seen).toEqual([
      ['success', 7, 7, false],
      ['failure', 7, 7, false],
    ]);
  });
});

describe('a bad counter', () => {
  const record = (): void => undefined;
  const tripped = (): boolean => false;

  it.each<[unknown, string]>([
    [undefined, 'trip.start() must return an object with record() and tripped(), got undefined'],
    [5, 'trip.start() must return an object with record() and tripped(), got 5'],
    [null, 'trip.start() must return an object with record() and tripped(), got null'],
    [
      Promise.resolve({ record, tripped }),
      'trip.start() must return an object with record() and tripped(), got a promise',
    ],
    [{}, 'trip.start().record must be a function, got undefined'],
    [{ record }, 'trip.start().tripped must be a function, got undefined'],
    [{ record, tripped, describe: 'x' }, 'trip.start().describe must be a function, got "x"'],
    [{ record, tripped, utilization: 1 }, 'trip.start().utilization must be a function, got 1'],
    [{ record, tripped, admitted: 1 }, 'trip.start().admitted must be a function, got 1'],
    [{ record, tripped, ignored: 1 }, 'trip.start().ignored must be a function, got 1'],
  ])('is refused when the options are checked: %j', (counter, message) => {
    const build = (): unknown => new CircuitBreaker({ trip: { name: 'bad', start: () => counter as never } });
    expect(build).toThrow(new TypeError(message));
  });

  it('of a start() that throws is what it throws', () => {
    const start = (): never => {
      throw new RangeError('no counter');
    };
    expect(() => new CircuitBreaker({ trip: { name: 'bad', start } })).toThrow(new RangeError('no counter'));
  });
});

describe('a trip that fails', () => {
  const down = new Error('the trip is broken');
  const fail = (): never => {
    throw down;
  };
  const rubbish: [what: string, result: unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['text', 'yes'],
    ['a symbol', Symbol('yes')],
    ['an object', {}],
    ['a rejection', Promise.reject(down)],
    ['a thenable that throws', Object.defineProperty({}, 'then', { get: fail })],
  ];
  for (const [, result] of rubbish) if (result instanceof Promise) result.catch(() => undefined);

  /** Every method of its counters does `step`, from the second `start()` on. */
  function broken(step: (method: string) => unknown, only?: string): Trip {
    const method = (name: string, good: unknown) => () => (only && only !== name ? good : step(name));
    return {
      name: 'broken',
      start: () =>
        ({
          record: method('record', undefined),
          tripped: method('tripped', false),
          describe: method('describe', 'fine'),
          utilization: method('utilization', 0),
          admitted: method('admitted', undefined),
          ignored: method('ignored', undefined),
        }) as TripCounter,
    };
  }

  it('by throwing is reported once, with what it threw, and the circuit works as without it', () => {
    const reports = playAll(broken(fail));
    expect(reports.mock.calls).toEqual([
      ['[@cutout/core] trip "broken" failed in tripped(); the breaker goes on without this step', down],
    ]);
  });

  it.each(rubbish)('by returning %s is reported once, with a TypeError', (_, result) => {
    const reports = playAll(broken(() => result));
    expect(reports).toHaveBeenCalledTimes(1);
    expect(reports.mock.calls[0]?.[1]).toBeInstanceOf(TypeError);
  });

  it.each([
    ['tripped', 1, 'tripped() must return true or false, got 1'],
    ['describe', 5, 'describe() must return a string, got 5'],
    ['utilization', null, 'utilization() must return a finite number of at least 0, got null'],
    ['utilization', -1, 'utilization() must return a finite number of at least 0, got -1'],
    ['utilization', Number.POSITIVE_INFINITY, 'utilization() must return a finite number of at least 0, got Infinity'],
    ['record', Promise.resolve(), 'record() must return nothing, and no promise, got a promise'],
    ['admitted', Promise.resolve(), 'admitted() must return nothing, and no promise, got a promise'],
    ['ignored', Promise.resolve(), 'ignored() must return nothing, and no promise, got a promise'],
  ])('in %s() with %s says what was wrong', (method, result, message) => {
    const reports = playAll(broken(() => result, method));
    expect(reports.mock.calls).toEqual([[expect.stringContaining(method), new TypeError(message)]]);
  });

  it('by rejections leaves none of them unhandled', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const reject = (): never => Promise.reject(down) as never;
    expect(() => make({ trip: { name: 'bad', start: reject } })).toThrow('got a promise');
    playAll(broken(reject));
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each<[string, () => unknown, Error]>([
    ['throws', fail, down],
    ['returns rubbish', () => ({ record: 5 }), new TypeError('trip.start().record must be a function, got 5')],
  ])('to start again because it %s never opens that period', (_, start, error) => {
    const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { trip } = inAll(1);
    let starts = 0;
    const { clock, breaker } = make({
      // Checked, and made: two good counters.
      trip: { ...trip, start: () => (++starts > 2 ? start() : trip.start()) as TripCounter },
    });
    breaker.acquire().failure();
    expect(breaker.state).toBe('open');
    clock.advance(1_000);
    breaker.acquire().success();
    for (let i = 0; i < 10; i++) breaker.acquire().failure();
    expect(breaker.state).toBe('closed');
    expect(reports.mock.calls).toEqual([
      ['[@cutout/core] trip "in-all" failed in start(); the breaker goes on without this step', error],
    ]);
    breaker.isolate();
    expect(breaker.state).toBe('isolated');
  });
});
