import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLoop } from './open-loop.ts';

const took = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

describe('calls at a steady rate', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are sent when due, whether or not earlier ones have ended', async () => {
    const sentAt: number[] = [];
    const from = performance.now();
    const loop = openLoop(
      () => {
        sentAt.push(performance.now() - from);
        return took(500);
      },
      { perSecond: 100, calls: 4 },
    );
    await vi.runAllTimersAsync();
    expect(sentAt).toEqual([0, 10, 20, 30]);
    expect(await loop).toEqual([500, 500, 500, 500]);
  });

  it('are timed from when they were due, not from when they were sent', async () => {
    let sent = 0;
    const loop = openLoop(
      () => {
        // Simulates a busy process.
        if (sent++ === 0) vi.setSystemTime(vi.getMockedSystemTime() as Date).advanceTimersByTime(25);
        return took(5);
      },
      { perSecond: 100, calls: 3 },
    );
    await vi.runAllTimersAsync();
    expect(await loop).toEqual([30, 20, 10]);
  });
});
