import { ManualClock } from '@cutout/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { type BreakerEvent, EventHub } from './events.ts';

afterEach(() => void vi.restoreAllMocks());

/** The arguments that the console received. */
function consoleOutput(): unknown[][] {
  const logged: unknown[][] = [];
  vi.spyOn(console, 'error').mockImplementation((...values) => void logged.push(values));
  return logged;
}

describe('a hub', () => {
  it('is active while anybody listens, at a parent too', () => {
    const parent = new EventHub<string>();
    const hub = new EventHub(parent);
    const seen = [hub.active];
    const stopParent = parent.subscribe(() => undefined);
    seen.push(hub.active);
    stopParent();
    const stop = hub.subscribe(() => undefined);
    seen.push(hub.active, parent.active);
    stop();
    seen.push(hub.active);
    expect(seen).toEqual([false, true, true, false, false]);
  });

  it('calls its own listeners and those of the parent, each until it unsubscribes', () => {
    const [parent, emitted] = [new EventHub<string>(), [] as string[]];
    const hub = new EventHub(parent);
    parent.subscribe(event => void emitted.push(`parent ${event}`));
    const stop = hub.subscribe(event => void emitted.push(`first ${event}`));
    hub.subscribe(event => void emitted.push(`second ${event}`));
    hub.emit('a');
    stop();
    stop();
    hub.emit('b');
    expect(emitted).toEqual(['first a', 'second a', 'parent a', 'second b', 'parent b']);
  });

  it('queues what a listener causes until the present event is delivered', () => {
    const [hub, emitted] = [new EventHub<number>(), [] as number[]];
    hub.subscribe(event => void (event < 3 && hub.emit(event + 1)));
    hub.subscribe(event => void emitted.push(event));
    hub.emit(1);
    expect(emitted).toEqual([1, 2, 3]);
  });

  it('drops what a listener feeds itself after 10 000 events, and reports the first once', () => {
    const logged = consoleOutput();
    const [hub, emitted] = [new EventHub<number>(), [] as number[]];
    hub.subscribe(event => {
      emitted.push(event);
      hub.emit(event + 1);
      hub.emit(-event);
    });
    hub.emit(1);
    expect(emitted).toHaveLength(10_001);
    expect(logged).toEqual([
      ['[@cutout/core] a listener keeps causing events; further ones are dropped', emitted.at(-1)],
    ]);
    hub.emit(5);
    expect(emitted.length).toBeGreaterThan(10_001);
  });

  it('reports once for each listener what it threw or rejected with', async () => {
    const logged = consoleOutput();
    const hub = new EventHub<number>();
    hub.subscribe(() => {
      throw 'thrown';
    });
    hub.subscribe(async () => Promise.reject('rejected'));
    for (let i = 0; i < 3; i++) hub.emit(i);
    await new Promise(resolve => setImmediate(resolve));
    const message = '[@cutout/core] a listener threw; it stays subscribed';
    expect(logged).toEqual([
      [message, 'thrown'],
      [message, 'rejected'],
    ]);
  });

  it('survives a console that throws', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {
      throw new Error('no console');
    });
    const hub = new EventHub<number>();
    hub.subscribe(() => {
      throw new Error('mine');
    });
    expect(() => hub.emit(1)).not.toThrow();
  });

  it('takes functions only', () => {
    expect(() => new EventHub().subscribe({} as never)).toThrow(
      new TypeError('listener must be a function, got object'),
    );
  });
});

describe('the events of a breaker', () => {
  const TRIP = { failures: 2 } as const;

  function make(): { clock: ManualClock; breaker: CircuitBreaker; seen: BreakerEvent[] } {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({ ...TRIP, clock, key: 'k', openDurationMs: 100 });
    const seen: BreakerEvent[] = [];
    breaker.subscribe(event => void seen.push(event));
    return { clock, breaker, seen };
  }

  it('are emitted whole', () => {
    const { clock, breaker, seen } = make();
    const [good, broken, ignored] = [breaker.acquire(), breaker.acquire(), breaker.acquire()];
    clock.advance(5);
    good.success();
    broken.success('headers');
    ignored.ignore();
    clock.advance(5);
    broken.revoke();
    breaker.acquire().failure(new Error('bad'));
    breaker.tryAcquire();
    const cause = { name: 'Error', message: 'bad' };
    const outcome = { type: 'outcome', key: 'k', stale: false };
    expect(seen).toEqual([
      { ...outcome, verdict: 'success', at: 5, durationMs: 5 },
      { ...outcome, verdict: 'success', at: 5, durationMs: 5, stage: 'headers' },
      { ...outcome, verdict: 'ignore', at: 5, durationMs: 5 },
      { ...outcome, verdict: 'failure', at: 10, durationMs: 10, stage: 'body' },
      { type: 'transition', key: 'k', from: 'closed', to: 'open', at: 10, reason: 'consecutive', cause },
      { ...outcome, verdict: 'failure', at: 10, durationMs: 0 },
      { type: 'rejected', key: 'k', state: 'open', reason: 'open', at: 10, retryAfterMs: 100 },
    ]);
  });

  it('of an earlier period are marked stale, and change nothing', () => {
    const { breaker, seen } = make();
    const permits = Array.from({ length: 5 }, () => breaker.acquire());
    const bodies = [breaker.acquire(), breaker.acquire()];
    for (const permit of bodies) permit.success('headers');
    breaker.reset();
    seen.length = 0;
    permits[0]?.success();
    permits[1]?.failure();
    permits[2]?.failure();
    permits[3]?.ignore();
    permits[4]?.success('headers');
    permits[4]?.revoke();
    bodies[0]?.revoke();
    bodies[1]?.success();
    expect(seen.map(event => event.type === 'outcome' && [event.verdict, event.stage, event.stale])).toEqual([
      ['success', undefined, true],
      ['failure', undefined, true],
      ['failure', undefined, true],
      ['ignore', undefined, true],
      ['success', 'headers', true],
      ['failure', 'body', true],
      ['failure', 'body', false],
      ['success', 'body', false],
    ]);
    expect(breaker.state).toBe('closed');
  });

  it('go to every listener of the breaker and of the registry alike, and to none where there is none', () => {
    const { breaker, seen } = make();
    const more: BreakerEvent[] = [];
    const stop = breaker.subscribe(event => void more.push(event));
    breaker.isolate();
    stop();
    breaker.release();
    expect([seen.length, more.length]).toEqual([2, 1]);
  });
});

describe('a listener to transitions only', () => {
  it('receives them alone, and leaves calls on the fast path', async () => {
    const breaker = new CircuitBreaker({ failures: 1 });
    const received: string[] = [];
    const stop = breaker.subscribe(({ type }) => void received.push(type), 'transition');
    for (let i = 0; i < 50; i++) await breaker.execute(() => i);
    breaker.acquire().failure();
    breaker.tryAcquire();
    expect(received).toEqual(['transition']);
    stop();
    breaker.reset();
    expect(received).toHaveLength(1);
  });

  it('and one to everything each receive their own events, whatever the order of subscribing', () => {
    const breaker = new CircuitBreaker({ failures: 1 });
    const [few, all]: string[][] = [[], []];
    const stopFew = breaker.subscribe(({ type }) => void few?.push(type), 'transition');
    const stopAll = breaker.subscribe(({ type }) => void all?.push(type));
    breaker.acquire().failure();
    stopAll();
    breaker.reset();
    stopFew();
    breaker.acquire().failure();
    expect([few, all]).toEqual([
      ['transition', 'transition'],
      ['transition', 'outcome'],
    ]);
  });

  it('is refused for any other value', () => {
    expect(() => new CircuitBreaker().subscribe(() => 0, 'outcome' as never)).toThrow(
      'only must be \'transition\' or left out, got "outcome"',
    );
  });
});
