import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { OpenNewcomers } from './eviction.ts';

function make(most: number): { newcomers: OpenNewcomers; over: Set<CircuitBreaker>; looks: () => number } {
  const over = new Set<CircuitBreaker>();
  let looks = 0;
  const isStill = (breaker: CircuitBreaker): boolean => {
    looks += 1;
    return !over.has(breaker);
  };
  return { newcomers: new OpenNewcomers(most, isStill), over, looks: () => looks };
}

const some = (count: number): CircuitBreaker[] => Array.from({ length: count }, () => new CircuitBreaker());

describe('the open newcomers', () => {
  it('are kept in the order in which they come, up to the most there may be', () => {
    const { newcomers, looks } = make(2);
    const [a, b, c] = some(3) as [CircuitBreaker, CircuitBreaker, CircuitBreaker];
    expect([a, b].map(each => newcomers.keeps(each))).toEqual([true, true]);
    expect(looks()).toBe(0);
    expect([a, b, c, a].map(each => newcomers.keeps(each))).toEqual([true, true, false, true]);
  });

  it('are none where there is no room for any', () => {
    expect(make(0).newcomers.keeps(new CircuitBreaker())).toBe(false);
  });

  it('give their place to another when they are open no more', () => {
    const { newcomers, over } = make(2);
    const [a, b, c, d] = some(4) as [CircuitBreaker, CircuitBreaker, CircuitBreaker, CircuitBreaker];
    for (const each of [a, b]) newcomers.keeps(each);
    over.add(a);
    expect([c, d, b].map(each => newcomers.keeps(each))).toEqual([true, false, true]);
  });

  it('are looked at 32 at a time, in turn', () => {
    const { newcomers, over, looks } = make(100);
    const all = some(100);
    for (const each of all) newcomers.keeps(each);
    over.add(all[40] as CircuitBreaker);
    const late = some(2) as [CircuitBreaker, CircuitBreaker];
    expect(newcomers.keeps(late[0])).toBe(false);
    expect(looks()).toBe(32);
    expect(newcomers.keeps(late[0])).toBe(true);
    expect(looks()).toBe(64);
    expect(newcomers.keeps(late[1])).toBe(false);
  });
});
