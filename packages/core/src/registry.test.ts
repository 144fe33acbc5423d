import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { CircuitBreaker } from './breaker.ts';
import { BreakerRegistry } from './registry.ts';

function make(options: { maxKeys?: number; idleMs?: number } = {}): { clock: ManualClock; registry: BreakerRegistry } {
  const clock = new ManualClock();
  return {
    clock,
    registry: new BreakerRegistry({ ...options, clock, breaker: { trip: { type: 'consecutive', failures: 1 } } }),
  };
}

const fail = (breaker: CircuitBreaker): void => breaker.acquire().failure();

describe('the registry', () => {
  it('keeps one breaker per key, with options by key', () => {
    const registry = new BreakerRegistry({ breaker: key => ({ trip: { type: 'consecutive', failures: key.length } }) });
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
      breaker: { trip: { type: 'consecutive', failures: 2 } },
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
    expect(events).toContain('unkept c');
    expect(events).toContain('outcome c');
  });

  it('refuses bad options when built', () => {
    expect(() => new BreakerRegistry({ maxKeys: 0 })).toThrow('maxKeys must be a positive integer, got 0');
    expect(() => new BreakerRegistry({ breaker: { mode: 'on' as never } })).toThrow(/breaker\.mode must be one of/);
    expect(() => new BreakerRegistry({ maxkeys: 1 } as never)).toThrow('did you mean maxKeys?');
  });
});
