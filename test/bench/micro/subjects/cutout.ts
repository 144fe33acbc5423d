/** Cutout's core with each of its counters. */

import { type BreakerOptions, BreakerRegistry, CircuitBreaker, rate } from '@cutout/core';
import { answer, fail, HOUR_MS, noted, type Refuser, type Subject } from './subject.ts';

const KEY = 'https://api.example.com';
const FAILURES = 5;

async function call(breaker: CircuitBreaker, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await breaker.execute(answer);
}

/** Breakers of a registry, as in every policy: options are checked once for all of them. */
function withOptions(options: BreakerOptions): Subject<CircuitBreaker> {
  const registry = new BreakerRegistry({ breaker: options });
  const create = (): CircuitBreaker => {
    registry.delete(KEY);
    return registry.get(KEY);
  };
  return { create, call };
}

export const consecutive = withOptions({ failures: FAILURES });
export const alone: Subject<CircuitBreaker> = {
  create: () => new CircuitBreaker({ key: KEY, failures: FAILURES }),
  call,
};
export const countWindow = withOptions({
  trip: rate({ failureRatio: 0.5, minimumCalls: 100, window: { type: 'count', size: 100 } }),
});
export const timeWindow = withOptions({
  trip: rate({ failureRatio: 0.5, minimumCalls: 100, window: { type: 'time', durationMs: 10_000, buckets: 10 } }),
});

export async function refusingExecute(): Promise<Refuser> {
  const breaker = await open();
  return {
    async refused(calls) {
      for (let i = 0; i < calls; i++) await breaker.execute(answer).catch(noted);
    },
  };
}

export async function refusingTryAcquire(): Promise<Refuser> {
  const breaker = await open();
  return {
    async refused(calls) {
      for (let i = 0; i < calls; i++) noted(breaker.tryAcquire());
    },
  };
}

async function open(): Promise<CircuitBreaker> {
  const breaker = new CircuitBreaker({ key: KEY, openDurationMs: HOUR_MS });
  for (let i = 0; i < FAILURES; i++) await breaker.execute(fail).catch(() => undefined);
  return breaker;
}
