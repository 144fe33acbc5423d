import type { HttpCall, HttpTimeoutError } from '@cutout/http';
import { expect, it } from 'vitest';
import { AttemptTimers } from './attempt-timers.ts';

const call = { settings: { attemptTimeoutMs: 10, totalTimeoutMs: 1e12 }, timeLeftMs: 1e12 } as unknown as HttpCall;

/** As a process that is stopped and goes on. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('a limit that fires late says by how much', async () => {
  const timers = new AttemptTimers();
  const expired = new Promise<HttpTimeoutError>(resolve => timers.limit(call, resolve));
  freeze(1_100);
  expect((await expired).lateMs).toBeGreaterThan(1_000);
});

it('a limit that fires late lets what waits at the sockets be read first', async () => {
  const timers = new AttemptTimers();
  const log: string[] = [];
  timers.limit(call, () => log.push('expired'));
  setImmediate(() => timers.stop());
  freeze(300);
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(log).toEqual([]);
});
