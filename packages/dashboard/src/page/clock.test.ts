import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock.ts';

const HOUR = 3_600_000;

function clockAt(start: number): { clock: ServerClock; pass(ms: number): void } {
  let elapsed = start;
  return {
    clock: new ServerClock(() => elapsed),
    pass: ms => {
      elapsed += ms;
    },
  };
}

describe('the clock of the server', () => {
  it('advances between messages', () => {
    const { clock, pass } = clockAt(50);
    clock.sync(HOUR);
    pass(1_500);
    expect(clock.now()).toBe(HOUR + 1_500);
  });

  it('is not set back by a late message', () => {
    const { clock, pass } = clockAt(0);
    clock.sync(HOUR);
    pass(1_400);
    clock.sync(HOUR + 1_000);
    expect(clock.now()).toBe(HOUR + 1_400);
  });

  it('is set forward by a message with less delay', () => {
    const { clock, pass } = clockAt(0);
    clock.sync(HOUR);
    pass(1_000);
    clock.sync(HOUR + 1_200);
    expect(clock.now()).toBe(HOUR + 1_200);
  });

  it('follows when the server sets its clock back', () => {
    const { clock, pass } = clockAt(0);
    clock.sync(2 * HOUR);
    pass(1_000);
    clock.sync(HOUR);
    expect(clock.now()).toBe(HOUR);
  });
});
