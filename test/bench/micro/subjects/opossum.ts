/** opossum, which always counts in a window of ten buckets, with and without its time limit per call. */

import CircuitBreaker from 'opossum';
import { answer, fail, HOUR_MS, noted, type Refuser, type Subject } from './subject.ts';

type Opossum = CircuitBreaker<[], number>;

async function call(breaker: Opossum, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await breaker.fire();
}

const dispose = (breaker: Opossum): void => breaker.shutdown();

export const untimed: Subject<Opossum> = {
  create: () => new CircuitBreaker(answer, { timeout: false }),
  call,
  dispose,
};

export const byDefault: Subject<Opossum> = { create: () => new CircuitBreaker(answer), call, dispose };

export async function refusing(): Promise<Refuser> {
  const breaker = new CircuitBreaker(fail, { timeout: false, resetTimeout: HOUR_MS });
  await breaker.fire().catch(() => undefined);
  return {
    async refused(calls) {
      for (let i = 0; i < calls; i++) await breaker.fire().catch(noted);
    },
  };
}
