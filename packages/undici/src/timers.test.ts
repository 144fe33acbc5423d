import { monotonicClock } from '@cutout/core';
import { HttpTimeoutError } from '@cutout/http';
import { expect, it } from 'vitest';
import { breakerInterceptor } from './breaker-interceptor.ts';
import { Timers } from './timers.ts';

/** As a process that is stopped and goes on. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('a limit that fires late reports by how much', async () => {
  const dispatch = breakerInterceptor({ attemptTimeoutMs: 10, retry: false })((() => true) as never);
  const expired = new Promise<Error>(resolve => {
    const nothing = (): void => undefined;
    dispatch(
      { origin: 'http://a.example', path: '/', method: 'GET' },
      {
        onRequestStart: nothing,
        onResponseStart: nothing,
        onResponseData: nothing,
        onResponseEnd: nothing,
        onResponseError: (_controller: unknown, error: Error) => resolve(error),
      },
    );
  });
  freeze(1_100);
  const error = await expired;
  expect(error).toBeInstanceOf(HttpTimeoutError);
  expect((error as HttpTimeoutError).lateMs).toBeGreaterThan(1_000);
});

it('a limit that fires late lets what waits at the sockets be read first', async () => {
  const timers = new Timers(monotonicClock);
  const log: string[] = [];
  timers.limit(10, () => log.push('expired'));
  setImmediate(() => timers.stop());
  freeze(300);
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(log).toEqual([]);
});
