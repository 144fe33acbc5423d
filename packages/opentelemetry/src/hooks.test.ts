/** Failing tracers and meters disturb neither the calls nor the process. */

import { createHttpPolicy } from '@cutout/http';
import type { BatchObservableCallback, BatchObservableResult, Meter, Tracer } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { instrument } from './instrument.ts';

const REQUEST = { method: 'GET', url: 'https://a.example/', headers: { get: () => null }, replayable: true };
const unhandled = vi.fn();

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  process.on('unhandledRejection', unhandled);
});
afterEach(async () => {
  await new Promise(resolve => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  unhandled.mockClear();
});

const BAD: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('broken');
  },
  rejects: () => Promise.reject(new Error('broken')),
  'never settles': () => new Promise(() => undefined),
  'returns nonsense': () => 7,
};

/** An object whose every method is this one. */
const made = <T>(bad: () => unknown): T => new Proxy({}, { get: () => bad }) as T;

it.each(Object.entries(BAD))('a tracer that %s does not affect calls', async (_, bad) => {
  for (const tracer of [made<Tracer>(bad), { startSpan: () => ({ end: bad, setAttribute: bad }) } as never]) {
    const policy = createHttpPolicy({ retry: false });
    const stop = instrument(policy, { tracer });
    for (const status of [200, 404])
      expect(await policy.run(REQUEST, async () => ({ value: status, outcome: { kind: 'status', status } }))).toBe(
        status,
      );
    policy.breaker('https://a.example').isolate();
    await expect(policy.run(REQUEST, async () => expect.unreachable())).rejects.toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
    });
    stop();
  }
});

it.each(Object.entries(BAD))('a meter that %s has no effect', (_, bad) => {
  const policy = createHttpPolicy();
  policy.breaker('https://a.example').isolate();
  let collect: BatchObservableCallback | undefined;
  const meter = {
    createObservableCounter: () => ({}),
    createObservableGauge: () => ({}),
    createObservableUpDownCounter: () => ({}),
    addBatchObservableCallback: (callback: BatchObservableCallback) => {
      collect = callback;
      return bad();
    },
    removeBatchObservableCallback: bad,
  };
  const stop = instrument(policy, { meter: meter as unknown as Meter });
  void collect?.({ observe: bad } as BatchObservableResult);
  stop();
});
