import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { BreakerState } from '../common/breaker-state.ts';
import { CircuitOpenError } from '../common/circuit-open-error.ts';
import type { BreakerEvent } from '../common/events.ts';
import { consecutive } from '../trip/consecutive.ts';
import { rate } from '../trip/rate.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Permit } from './permit.ts';

const OPEN_MS = 60_000;
const PROBE_MS = 30_000;

/** A breaker with the default settings, two failures short of nothing, and what the rows of the table do to it. */
class Bench {
  readonly clock = new ManualClock(1_000);
  readonly breaker = new CircuitBreaker({ key: 'k', clock: this.clock });
  readonly log: string[] = [];
  /** Calls kept in flight, by name. */
  readonly held: Record<string, Permit> = {};

  constructor() {
    this.breaker.subscribe(event => this.#note(event));
  }

  fail(times = 1): void {
    for (let i = 0; i < times; i++) this.breaker.acquire().failure(new Error('down'));
  }

  succeed(times = 1): void {
    for (let i = 0; i < times; i++) this.breaker.acquire().success();
  }

  breakBody(times = 1): void {
    for (let i = 0; i < times; i++) {
      const permit = this.breaker.acquire();
      permit.success('headers');
      permit.revoke(new Error('cut'));
    }
  }

  hold(...names: string[]): void {
    for (const name of names) this.held[name] = this.breaker.acquire();
  }

  call(name: string): Permit {
    return this.held[name] as Permit;
  }

  wait(ms: number): void {
    this.clock.advance(ms);
  }

  refused(): boolean {
    const permit = this.breaker.tryAcquire();
    if (!(permit instanceof CircuitOpenError)) permit.ignore();
    return permit instanceof CircuitOpenError;
  }

  #note(event: BreakerEvent): void {
    if (event.type === 'transition') this.log.push(`${event.from}>${event.to}:${event.reason}@${event.at}`);
  }
}

const reach: Record<BreakerState, (bench: Bench) => void> = {
  closed: () => undefined,
  open: bench => bench.fail(5),
  'half-open': bench => {
    bench.fail(5);
    bench.wait(OPEN_MS);
  },
  isolated: bench => bench.breaker.isolate(),
};

type Row = [from: BreakerState, event: string, act: (bench: Bench) => void, to: BreakerState];

const table: Row[] = [
  ['closed', 'four failures', b => b.fail(4), 'closed'],
  ['closed', 'five failures', b => b.fail(5), 'open'],
  ['closed', 'a success between failures', b => (b.fail(4), b.succeed(), b.fail(4)), 'closed'],
  ['closed', 'an ignored call between failures', b => (b.fail(4), b.breaker.acquire().ignore(), b.fail()), 'open'],
  ['closed', 'failures, each admitted just in time', b => each(5, () => (b.fail(), b.wait(10_000))), 'open'],
  ['closed', 'failures, each admitted too late', b => each(20, () => (b.fail(), b.wait(10_001))), 'closed'],
  ['closed', 'slow failures that were admitted together', b => slowFailures(b), 'open'],
  ['closed', 'five broken bodies', b => b.breakBody(5), 'open'],
  ['closed', 'four broken bodies', b => b.breakBody(4), 'closed'],
  ['closed', 'a whole body between broken ones', b => (b.breakBody(4), b.succeed(), b.breakBody(4)), 'closed'],
  ['closed', 'failures and broken bodies in turn', b => (each(2, () => (b.fail(), b.breakBody())), b.fail()), 'open'],
  ['closed', 'good headers between failures, bodies unread', b => each(20, () => (b.fail(), unread(b))), 'closed'],
  ['closed', 'a broken body whose headers had forgiven four failures', b => (b.fail(4), b.breakBody()), 'open'],
  ['closed', 'such a break after a whole body', b => excusedThenWhole(b), 'closed'],
  [
    'closed',
    'a late break after the failures were forgotten',
    b => (b.fail(4), b.wait(10_001), b.breakBody()),
    'closed',
  ],
  ['closed', 'isolate', b => b.breaker.isolate(), 'isolated'],
  ['closed', 'release', b => b.breaker.release(), 'closed'],
  ['closed', 'reset', b => (b.fail(4), b.breaker.reset(), b.fail(4)), 'closed'],
  ['closed', 'failures from before a reset', b => (hold(b, 5), b.breaker.reset(), failHeld(b)), 'closed'],

  ['open', 'one millisecond too early', b => b.wait(OPEN_MS - 1), 'open'],
  ['open', 'the deadline itself', b => b.wait(OPEN_MS), 'half-open'],
  ['open', 'isolate', b => b.breaker.isolate(), 'isolated'],
  ['open', 'release', b => b.breaker.release(), 'open'],
  ['open', 'reset', b => b.breaker.reset(), 'closed'],

  ['half-open', 'one success', b => b.succeed(1), 'half-open'],
  ['half-open', 'two successes', b => b.succeed(2), 'closed'],
  ['half-open', 'one failure', b => b.fail(), 'open'],
  ['half-open', 'a success and a failure', b => (b.succeed(), b.fail()), 'open'],
  ['half-open', 'an ignored probe', b => b.breaker.acquire().ignore(), 'half-open'],
  ['half-open', 'good headers twice, bodies unread', b => each(2, () => unread(b)), 'closed'],
  ['half-open', 'a body that breaks', b => b.breakBody(), 'open'],
  ['half-open', 'a probe answered just in time', b => (b.hold('p'), b.wait(PROBE_MS - 1)), 'half-open'],
  ['half-open', 'a probe that never answers', b => (b.hold('p'), b.wait(PROBE_MS)), 'open'],
  [
    'half-open',
    'such a probe, and the open time after it',
    b => (b.hold('p'), b.wait(PROBE_MS + OPEN_MS)),
    'half-open',
  ],
  ['half-open', 'the late answer of such a probe', b => (b.hold('p'), b.wait(PROBE_MS), b.call('p').success()), 'open'],
  ['half-open', 'isolate', b => b.breaker.isolate(), 'isolated'],
  ['half-open', 'release', b => b.breaker.release(), 'half-open'],
  ['half-open', 'reset', b => b.breaker.reset(), 'closed'],

  ['isolated', 'time', b => b.wait(1e12), 'isolated'],
  ['isolated', 'isolate again', b => b.breaker.isolate(), 'isolated'],
  ['isolated', 'release', b => b.breaker.release(), 'closed'],
  ['isolated', 'reset', b => b.breaker.reset(), 'closed'],
];

describe('the state machine', () => {
  for (const [from, event, act, to] of table) {
    it(`${from} + ${event} -> ${to}`, () => {
      const bench = new Bench();
      reach[from](bench);
      expect(bench.breaker.state).toBe(from);
      act(bench);
      expect(bench.breaker.state).toBe(to);
      expect(bench.refused()).toBe(to === 'open' || to === 'isolated');
    });
  }
});

describe('half-open', () => {
  it('admits maxCalls in all and refuses the rest at once, with the time until the oldest lease ends', () => {
    const bench = halfOpen();
    bench.hold('a');
    bench.wait(10);
    bench.hold('b', 'c', 'd', 'e');
    const refusal = bench.breaker.tryAcquire() as CircuitOpenError;
    expect(refusal).toMatchObject({ state: 'half-open', retryAfterMs: PROBE_MS - 10, key: 'k' });
    bench.call('a').success();
    expect(bench.refused()).toBe(true);
    bench.call('b').ignore();
    expect(bench.refused()).toBe(false);
  });

  it('drops the answers of probes that outlived their period', () => {
    const bench = halfOpen();
    bench.hold('fails', 'late');
    bench.call('fails').failure();
    bench.wait(OPEN_MS);
    bench.succeed();
    bench.call('late').failure();
    expect(bench.breaker.state).toBe('half-open');
    bench.succeed();
    expect(bench.breaker.state).toBe('closed');
  });

  it('gives a place back once only', () => {
    const bench = halfOpen();
    bench.hold('a', 'b', 'c', 'd', 'e');
    bench.call('a').ignore();
    bench.call('a').ignore();
    bench.call('a')[Symbol.dispose]();
    bench.hold('f');
    expect(bench.refused()).toBe(true);
  });

  it('reopens when the body of a probe that closed it breaks in time', () => {
    const bench = halfOpen();
    bench.hold('a', 'b');
    bench.call('a').success('headers');
    bench.call('b').success('headers');
    expect(bench.breaker.state).toBe('closed');
    bench.wait(PROBE_MS);
    bench.call('a').revoke(new Error('cut'));
    expect(bench.breaker.state).toBe('open');
    expect(bench.log.at(-1)).toMatch(/^closed>open:probe-body@/);
  });

  it('counts a probe body that breaks too late as one ordinary failure', () => {
    const bench = halfOpen();
    bench.hold('a', 'b');
    bench.call('a').success('headers');
    bench.call('b').success('headers');
    bench.wait(PROBE_MS + 1);
    bench.call('a').revoke();
    expect(bench.breaker.state).toBe('closed');
    bench.breakBody(3);
    expect(bench.breaker.state).toBe('closed');
    bench.breakBody();
    expect(bench.breaker.state).toBe('open');
  });

  it('takes the late break of a probe of its own, too late for its lease, as a failed probe', () => {
    const bench = halfOpen();
    bench.hold('a');
    bench.call('a').success('headers');
    bench.wait(PROBE_MS + 1);
    bench.call('a').revoke();
    expect(bench.log.at(-1)).toMatch(/^half-open>open:probe-failed@/);
  });

  it('counts an opening by the body of its probe as one more in a row', () => {
    const bench = halfOpen();
    bench.hold('a', 'b');
    bench.call('a').success('headers');
    bench.call('b').success('headers');
    bench.call('b').revoke();
    expect(bench.breaker.explain().opens).toBe(2);
    bench.wait(OPEN_MS);
    bench.succeed(2);
    bench.fail(5);
    expect(bench.breaker.explain().opens).toBe(1);
  });

  it('distinguishes a refusal by a full period from one while open', () => {
    const bench = halfOpen();
    const reasons: unknown[] = [];
    bench.breaker.subscribe(event => event.type === 'rejected' && reasons.push([event.state, event.reason]));
    hold(bench, 5);
    bench.refused();
    bench.call('call 0').failure();
    bench.refused();
    expect(reasons).toEqual([
      ['half-open', 'half-open'],
      ['open', 'open'],
    ]);
  });

  it.each([
    [1, 'closed'],
    [2, 'half-open'],
    [3, 'half-open'],
  ])('after one success goes on with a threshold of %i as %s', (successThreshold, state) => {
    const bench = halfOpen();
    bench.succeed();
    bench.breaker.reconfigure({ halfOpen: { successThreshold } });
    expect(bench.breaker.state).toBe(state);
    expect(bench.log.at(-1)).toMatch(state === 'closed' ? /^half-open>closed:probes-ok@/ : /^open>half-open/);
  });

  it('does not let a sibling whose headers came after the close reopen the circuit', () => {
    const bench = halfOpen();
    bench.hold('late');
    bench.succeed(2);
    bench.call('late').success('headers');
    bench.call('late').revoke();
    expect(bench.breaker.state).toBe('closed');
  });
});

describe('a reconfiguration', () => {
  const inARow = consecutive({ failures: 5 });
  const byShare = rate({ failureRatio: 1, minimumCalls: 50, window: { type: 'count', size: 100 } });

  it('into more trips lets a body take back what its headers had forgiven', () => {
    const bench = new Bench();
    bench.fail(4);
    bench.hold('breaks');
    bench.call('breaks').success('headers');
    bench.breaker.reconfigure({ trip: [byShare, inARow] });
    bench.call('breaks').revoke();
    expect(bench.log).toEqual(['closed>open:consecutive@1000']);
  });

  it('closes nothing but a half-open circuit', () => {
    const bench = new Bench();
    bench.breaker.reconfigure({ halfOpen: { successThreshold: 1 } });
    bench.fail(5);
    bench.breaker.reconfigure({ halfOpen: { successThreshold: 1 } });
    bench.breaker.isolate();
    bench.breaker.reconfigure({});
    expect(bench.log).toEqual(['closed>open:consecutive@1000', 'open>isolated:manual@1000']);
  });
});

describe('transitions', () => {
  it('emits each once, in order, with an elapsed deadline as its time', () => {
    const bench = new Bench();
    bench.fail(5);
    bench.wait(OPEN_MS + 500);
    bench.succeed(2);
    expect(bench.log).toEqual([
      'closed>open:consecutive@1000',
      `open>half-open:open-elapsed@${1000 + OPEN_MS}`,
      `half-open>closed:probes-ok@${1000 + OPEN_MS + 500}`,
    ]);
  });

  it('emits an expired probe and the open time after it when the next call comes, at their own times', () => {
    const bench = halfOpen();
    bench.hold('p');
    bench.wait(10 * OPEN_MS);
    expect(bench.log).toHaveLength(2);
    bench.succeed();
    const start = 1000 + OPEN_MS;
    expect(bench.log.slice(2)).toEqual([
      `half-open>open:probe-expired@${start + PROBE_MS}`,
      `open>half-open:open-elapsed@${start + PROBE_MS + OPEN_MS}`,
    ]);
  });

  it('drops the answer of a call admitted before the trip', () => {
    const bench = new Bench();
    bench.hold('good', 'bad');
    bench.fail(5);
    bench.wait(10);
    bench.call('good').success();
    bench.call('bad').failure(undefined, { openForMs: 1e6 });
    expect(bench.breaker.state).toBe('open');
    expect(bench.breaker.tryAcquire()).toMatchObject({ retryAfterMs: OPEN_MS - 10 });
  });
});

describe('the open time', () => {
  const requested: [what: string, waits: (number | undefined)[], opensForMs: number][] = [
    ['longer than ours', [undefined, undefined, undefined, undefined, 90_000], 90_000],
    ['shorter than ours', [undefined, undefined, undefined, undefined, 2_000], 2_000],
    ['by an earlier failure of the streak', [20_000, undefined, 5_000, undefined, undefined], 20_000],
    ['nothing', [undefined, undefined, undefined, undefined, undefined], OPEN_MS],
    ['less than a second', [0, 1, 2, 3, 4], 1_000],
    ['more than five minutes', [1e30, 1, 1, 1, 1], 300_000],
    ['nonsense', [Number.NaN, -1, Number.NaN, -5, undefined], OPEN_MS],
  ];
  for (const [what, waits, opensForMs] of requested) {
    it(`is the wait that the server requested: ${what}`, () => {
      const bench = new Bench();
      for (const openForMs of waits) bench.breaker.acquire().failure(undefined, hintOf(openForMs));
      expect(bench.breaker.tryAcquire()).toMatchObject({ state: 'open', retryAfterMs: opensForMs });
    });
  }

  it('forgets a wait requested before the streak', () => {
    const bench = new Bench();
    bench.breaker.acquire().failure(undefined, { openForMs: 200_000 });
    bench.succeed();
    bench.fail(5);
    expect(bench.breaker.tryAcquire()).toMatchObject({ retryAfterMs: OPEN_MS });
  });

  it('goes with the failures that requested it: forgiven, revoked, forgotten', () => {
    const request = (bench: Bench, openForMs: number, times = 1): void => {
      for (let i = 0; i < times; i++) bench.breaker.acquire().failure(undefined, { openForMs });
    };
    const takenBack = new Bench();
    request(takenBack, 20_000, 4);
    takenBack.breakBody();
    expect(takenBack.breaker.tryAcquire()).toMatchObject({ retryAfterMs: 20_000 });
    const forgotten = new Bench();
    forgotten.breakBody();
    request(forgotten, 200_000);
    forgotten.wait(10_001);
    forgotten.breakBody(5);
    expect(forgotten.breaker.tryAcquire()).toMatchObject({ retryAfterMs: OPEN_MS });
    const forgiven = new Bench();
    forgiven.breakBody();
    request(forgiven, 200_000);
    unread(forgiven);
    forgiven.fail(4);
    expect(forgiven.breaker.tryAcquire()).toMatchObject({ retryAfterMs: OPEN_MS });
  });

  it('honours the wait that a failing probe received', () => {
    const bench = halfOpen();
    bench.breaker.acquire().failure(undefined, { openForMs: 3_000 });
    expect(bench.breaker.tryAcquire()).toMatchObject({ retryAfterMs: 3_000 });
  });
});

function halfOpen(): Bench {
  const bench = new Bench();
  reach['half-open'](bench);
  return bench;
}

function each(times: number, act: () => unknown): void {
  for (let i = 0; i < times; i++) act();
}

function hold(bench: Bench, count: number): void {
  bench.hold(...Array.from({ length: count }, (_, i) => `call ${i}`));
}

function failHeld(bench: Bench): void {
  for (const permit of Object.values(bench.held)) permit.failure();
}

/** Five calls admitted together, which fail 20 s apart: each was admitted before the failure that precedes it. */
function slowFailures(bench: Bench): void {
  hold(bench, 5);
  for (const permit of Object.values(bench.held)) {
    bench.wait(20_000);
    permit.failure();
  }
}

function unread(bench: Bench): void {
  bench.breaker.acquire().success('headers');
}

function excusedThenWhole(bench: Bench): void {
  bench.fail(4);
  bench.hold('breaks');
  bench.call('breaks').success('headers');
  bench.succeed();
  bench.call('breaks').revoke();
}

function hintOf(openForMs: number | undefined): { openForMs: number } | undefined {
  return openForMs === undefined ? undefined : { openForMs };
}
