import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { BreakerRegistry } from './registry.ts';
import { retain } from './retain.ts';

function make(options: { maxKeys?: number; idleMs?: number } = {}): { clock: ManualClock; registry: BreakerRegistry } {
  const clock = new ManualClock();
  return {
    clock,
    registry: new BreakerRegistry({ ...options, clock, breaker: { failures: 1 } }),
  };
}

const fail = (breaker: CircuitBreaker): void => breaker.acquire().failure();

describe('the registry', () => {
  it('keeps one breaker per key, with options by key', () => {
    const registry = new BreakerRegistry({ breaker: key => ({ failures: key.length }) });
    expect(registry.get('a')).toBe(registry.get('a'));
    fail(registry.get('a'));
    fail(registry.get('bb'));
    expect([...registry].map(breaker => `${breaker.key} ${breaker.state}`)).toEqual(['a open', 'bb closed']);
    expect(registry.peek('c')).toBeUndefined();
    expect(registry.size).toBe(2);
    expect([registry.delete('a'), registry.delete('a')]).toEqual([true, false]);
  });

  it('drops idle breakers as it goes, but none that is isolated, open or busy', () => {
    const { clock, registry } = make({ idleMs: 1_000 });
    for (let i = 0; i < 50; i++) registry.get(`idle ${i}`);
    registry.get('isolated').isolate();
    registry.get('busy').acquire();
    fail(registry.get('open'));
    clock.advance(1_001);
    for (let i = 0; i < 100; i++) {
      registry.get('in use').acquire().success();
      clock.advance(1);
    }
    expect([...registry].map(breaker => breaker.key).sort()).toEqual(['busy', 'in use', 'isolated', 'open']);
  });

  it('drops none that is retained, neither for idleness nor for room, until each who does lets it go', () => {
    const { clock, registry } = make({ idleMs: 1_000, maxKeys: 2 });
    const release = [retain(registry.get('held')), retain(registry.get('held'))];
    const isKept = (): boolean => {
      clock.advance(1_001);
      for (const other of ['a', 'b', 'c', 'd']) registry.get(other);
      return registry.peek('held') !== undefined;
    };
    expect(isKept()).toBe(true);
    release[0]?.();
    expect(isKept()).toBe(true);
    release[1]?.();
    expect(isKept()).toBe(false);
  });

  it('does not drop a breaker that is only used by its own reference', async () => {
    const { clock, registry } = make({ idleMs: 1_000 });
    const held = registry.get('held');
    for (let i = 0; i < 100; i++) {
      clock.advance(900);
      await held.execute(() => i);
      registry.get('other');
      registry.get('another');
    }
    expect(registry.get('held')).toBe(held);
  });

  it('never holds more than maxKeys', () => {
    const { registry } = make({ maxKeys: 100 });
    for (let i = 0; i < 10_000; i++) registry.get(`host ${i}`);
    expect(registry.size).toBe(100);
  });

  it('gives up clean breakers before those with failures, and those past their deadline before live failures', () => {
    const clock = new ManualClock();
    const registry = new BreakerRegistry({
      clock,
      maxKeys: 4,
      breaker: { failures: 2 },
    });
    fail(registry.get('expired'));
    const past = registry.get('past deadline');
    fail(past);
    fail(past);
    clock.advance(60_001);
    fail(registry.get('failing'));
    registry.get('clean');
    clock.advance(1);
    const order = ['clean', 'expired', 'past deadline', 'failing'];
    for (const [i, next] of order.entries()) {
      expect(registry.peek(next)).toBeDefined();
      fail(registry.get(`new ${i}`));
      expect(registry.peek(next)).toBeUndefined();
    }
  });

  it('cannot be made to forget a tripped circuit by inventing hosts', () => {
    const { registry } = make({ maxKeys: 50 });
    fail(registry.get('victim'));
    for (let i = 0; i < 5_000; i++) fail(registry.get(`invented ${i}`));
    expect(registry.get('victim').state).toBe('open');
    expect(registry.size).toBe(50);
  });

  it('hands out a breaker that is not kept when nothing may go, and says so', () => {
    const { registry } = make({ maxKeys: 2 });
    const events: string[] = [];
    registry.subscribe(event => void events.push(`${event.type} ${event.key}`));
    registry.get('a').isolate();
    registry.get('b').isolate();
    registry.get('c').acquire().success();
    expect(registry.size).toBe(2);
    expect(events).toContain('registry-full c');
    expect(events).toContain('outcome c');
  });

  it('looks at eight for idleness with each new key', () => {
    const { clock, registry } = make({ idleMs: 100 });
    for (let i = 0; i < 20; i++) registry.get(`old ${i}`);
    clock.advance(101);
    const sizes = ['a', 'b', 'c'].map(key => (registry.get(key), registry.size));
    // Going round, the second and third look come to the new ones too.
    expect(sizes).toEqual([13, 7, 3]);
  });

  it('looks at two with a known key, once in a millisecond, and never drops that one', () => {
    const { clock, registry } = make({ idleMs: 100 });
    const inUse = registry.get('in use');
    for (let i = 0; i < 5; i++) registry.get(`old ${i}`);
    clock.advance(101);
    const sizes = [0, 0, 0.5, 1, 0.9, 0.1].map(ms => {
      clock.advance(ms);
      return (registry.get('in use'), registry.size);
    });
    expect(sizes).toEqual([4, 4, 4, 2, 2, 1]);
    clock.advance(200);
    expect(registry.get('in use')).toBe(inUse);
  });

  it('keeps what has been idle for just so long', () => {
    const { clock, registry } = make({ idleMs: 100 });
    const old = registry.get('old');
    clock.advance(100);
    registry.get('new');
    expect(registry.peek('old')).toBe(old);
    clock.advance(0.5);
    registry.get('newer');
    expect(registry.peek('old')).toBeUndefined();
  });

  it('looks for room among 32 for each new key, going round', () => {
    const { registry } = make({ maxKeys: 200 });
    for (let i = 0; i < 200; i++) registry.get(`k${i}`).isolate();
    for (const free of ['k0', 'k77', 'k150']) {
      registry.get(free).release();
      // As many new keys as it takes to look at all of them once.
      const newKeys = Array.from({ length: Math.ceil(200 / 32) }, (_, i) => `${i} instead of ${free}`);
      for (const key of newKeys) registry.get(key).isolate();
      expect(registry.peek(free)).toBeUndefined();
      expect(newKeys.filter(key => registry.peek(key))).toHaveLength(1);
    }
    expect(registry.size).toBe(200);
  });

  it('of one key looks at it no more than once', () => {
    const { clock, registry } = make({ idleMs: 100, maxKeys: 1 });
    const only = registry.get('only');
    clock.advance(1_000);
    expect(registry.get('only')).toBe(only);
    registry.get('other');
    expect([...registry].map(({ key }) => key)).toEqual(['other']);
  });

  it('tells nobody of a breaker that is not kept where nobody listens', () => {
    const { registry } = make({ maxKeys: 1 });
    registry.get('a').isolate();
    expect(registry.get('b').state).toBe('closed');
  });

  it.each([
    [5, 'options must be an object, got 5'],
    [{ maxKeys: 0 }, 'maxKeys must be a positive integer, got 0'],
    [{ maxKeys: 1.5 }, 'maxKeys must be a positive integer, got 1.5'],
    [{ idleMs: 0 }, 'idleMs must be a positive number of milliseconds, got 0'],
    [{ maxkeys: 1 }, 'maxkeys is not an option; did you mean maxKeys?'],
    [{ clock: {} }, 'clock must have a now(), got {}'],
    [{ clock: { now: () => -1 } }, 'clock.now() must return milliseconds of at least 0'],
    [{ clock: null }, 'clock must have a now(), got null'],
    [{ breaker: { mode: 'on' } }, `breaker.mode must be one of 'enforce', 'shadow', 'off', got "on"`],
    [
      { breaker: { halfOpen: { maxCalls: 1, successThreshold: 2 } } },
      'breaker.halfOpen.successThreshold must be at most breaker.halfOpen.maxCalls (1), got 2',
    ],
  ])('refuses %j when built', (options, message) => {
    expect(() => new BreakerRegistry(options as never)).toThrow(message);
  });

  it.each([
    [undefined, 'undefined'],
    [5, '5'],
  ])('refuses the key %j', (key, got) => {
    const { registry } = make();
    expect(() => registry.get(key as never)).toThrow(new TypeError(`key must be a string, got ${got}`));
    expect(registry.size).toBe(0);
  });

  it('refuses bad options of a function when it is asked', () => {
    const registry = new BreakerRegistry({ breaker: () => ({ openDurationMs: -1 }) });
    expect(() => registry.get('a')).toThrow('breaker.openDurationMs must be a finite, positive number');
    expect(registry.size).toBe(0);
  });
});

describe('invented hosts', () => {
  const answer = (breaker: CircuitBreaker, times: number): void => {
    for (let i = 0; i < times; i++) breaker.acquire().success();
  };

  it('do not keep a known host from opening its circuit, nor reset it', () => {
    const { registry } = make({ maxKeys: 100 });
    answer(registry.get('known'), 100);
    for (let i = 0; i < 1_000; i++) fail(registry.get(`before ${i}`));
    fail(registry.get('known'));
    for (let i = 0; i < 1_000; i++) fail(registry.get(`after ${i}`));
    expect(registry.get('known').state).toBe('open');
  });

  it.each([
    [4, false],
    [5, true],
  ])('push out a host that was answered well %i times: kept %s', (times, kept) => {
    const { clock, registry } = make({ maxKeys: 40 });
    answer(registry.get('host'), times);
    for (let i = 0; i < 2_000; i++) {
      clock.advance(1);
      answer(registry.get(`invented ${i}`), 1);
    }
    expect(registry.peek('host') !== undefined).toBe(kept);
  });

  it.each([
    [1_000, true],
    [1_001, false],
  ])('push out a known host that was last called %i ms ago: kept %s', (ms, kept) => {
    const { clock, registry } = make({ maxKeys: 4, idleMs: 1_000 });
    answer(registry.get('known'), 5);
    clock.advance(ms);
    for (const key of ['a', 'b', 'c', 'd']) registry.get(key).acquire().success();
    expect(registry.peek('known') !== undefined).toBe(kept);
  });

  it('never push out a known circuit before its deadline, however long it was not called', () => {
    const clock = new ManualClock();
    const breaker = { failures: 1, openDurationMs: 60_000 } as const;
    const registry = new BreakerRegistry({ clock, breaker, maxKeys: 4, idleMs: 1_000 });
    answer(registry.get('known'), 5);
    fail(registry.get('known'));
    clock.advance(59_999);
    for (let i = 0; i < 100; i++) fail(registry.get(`invented ${i}`));
    expect(registry.peek('known')?.state).toBe('open');
  });

  it('keep half of the room with open circuits at most, those that opened first', () => {
    const { registry } = make({ maxKeys: 11 });
    const keys = Array.from({ length: 11 }, (_, i) => `k${i}`);
    for (const key of keys) registry.get(key);
    for (const key of [...keys].reverse()) fail(registry.get(key));
    for (let i = 0; i < 100; i++) registry.get(`new ${i}`);
    expect(keys.filter(key => registry.peek(key))).toEqual(['k6', 'k7', 'k8', 'k9', 'k10']);
    expect(registry.size).toBe(11);
  });

  it('go before closed circuits where they are open and too many', () => {
    const { clock, registry } = make({ maxKeys: 4 });
    registry.get('clean');
    for (const key of ['a', 'b', 'c']) fail(registry.get(key));
    clock.advance(1);
    registry.get('new');
    expect([...registry].map(({ key }) => key)).toEqual(['clean', 'a', 'b', 'new']);
  });

  it('stay while they have calls in flight, or are retained', () => {
    const { registry } = make({ maxKeys: 2 });
    for (const key of ['first', 'busy']) registry.get(key);
    const permit = registry.get('busy').acquire();
    for (const key of ['first', 'busy']) fail(registry.get(key));
    registry.get('new');
    expect(registry.peek('busy')?.state).toBe('open');
    permit.ignore();
    const release = retain(registry.get('busy'));
    registry.get('newer');
    expect(registry.peek('busy')).toBeDefined();
    release();
    registry.get('newest');
    expect([...registry].map(({ key }) => key)).toEqual(['first', 'newest']);
  });

  it('have the places of those whose time has passed', () => {
    const { clock, registry } = make({ maxKeys: 4 });
    for (const key of ['a', 'b']) fail(registry.get(key));
    clock.advance(30_000);
    fail(registry.get('c'));
    clock.advance(30_000);
    for (const key of ['d', 'e', 'f']) fail(registry.get(key));
    // Of the first two the open time has passed: `c` and the next that opened have their places.
    expect([registry.peek('c')?.state, registry.peek('d')?.state]).toEqual(['open', 'open']);
  });

  it('do not push out what an operator has restored', () => {
    const { registry } = make({ maxKeys: 4 });
    const breakers = ['a', 'b', 'c'].map(key => ({
      key,
      state: 'open' as const,
      remainingMs: 60_000,
      takenAt: Date.now(),
      opens: 1,
      failures: 0,
    }));
    registry.restore({ takenAt: Date.now(), breakers });
    for (let i = 0; i < 50; i++) fail(registry.get(`invented ${i}`));
    expect(['a', 'b', 'c'].map(key => registry.peek(key)?.state)).toEqual(['open', 'open', 'open']);
  });

  it('are counted: kept, not kept, and those that others were dropped for', () => {
    const { registry } = make({ maxKeys: 2 });
    expect(registry.metrics()).toEqual({ kept: 0, notKept: 0, evicted: 0 });
    const a = registry.get('a');
    registry.get('b').isolate();
    const c = registry.get('c');
    expect(registry.metrics()).toEqual({ kept: 2, notKept: 0, evicted: 1 });
    expect([registry.keeps(a), registry.keeps(c)]).toEqual([false, true]);
    c.isolate();
    const notKept = registry.get('d');
    expect(registry.metrics()).toEqual({ kept: 2, notKept: 1, evicted: 1 });
    expect(registry.keeps(notKept)).toBe(false);
    expect(registry.get('d')).not.toBe(notKept);
  });
});
