import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

describe('a clock that is moved by hand', () => {
  it('fires timers in the order of their times, each at its own', () => {
    const clock = new ManualClock(5);
    const log: string[] = [];
    const set = (name: string, ms: number): (() => void) =>
      clock.setTimer(ms, () => void log.push(`${name}@${clock.now()}`));
    set('b', 20);
    set('a', 10);
    set('b2', 20);
    set('never', Number.POSITIVE_INFINITY);
    set('cleared', 10)();
    set('past', -5);
    clock.advance(0);
    expect(log).toEqual(['past@5']);
    clock.advance(14);
    expect(log).toEqual(['past@5', 'a@15']);
    clock.advance(100);
    expect(log).toEqual(['past@5', 'a@15', 'b@25', 'b2@25']);
    expect(clock.now()).toBe(119);
  });

  it('fires what is set or cleared by a timer on the way', () => {
    const clock = new ManualClock();
    const log: number[] = [];
    const again = (): void => {
      log.push(clock.now());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    const clear = clock.setTimer(15, () => log.push(-1));
    clock.setTimer(12, clear);
    clock.advance(35);
    expect(log).toEqual([10, 20, 30]);
  });

  it('runs forward only', () => {
    expect(() => new ManualClock().advance(-1)).toThrow('ms must be a number of at least 0, got -1');
  });
});
