/** cockatiel's circuit breaker with each of its counters, with our settings. */

import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleAll,
  type IBreaker,
  SamplingBreaker,
} from 'cockatiel';
import { answer, fail, HOUR_MS, noted, type Refuser, type Subject } from './subject.ts';

const FAILURES = 5;

async function call(policy: CircuitBreakerPolicy, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await policy.execute(answer);
}

const withBreaker = (breaker: () => IBreaker): Subject<CircuitBreakerPolicy> => ({
  create: () => circuitBreaker(handleAll, { halfOpenAfter: HOUR_MS, breaker: breaker() }),
  call,
});

export const consecutive = withBreaker(() => new ConsecutiveBreaker(FAILURES));
export const count = withBreaker(() => new CountBreaker({ threshold: 0.5, size: 100 }));
/** Makes ten windows of a second. */
export const sampling = withBreaker(() => new SamplingBreaker({ threshold: 0.5, duration: 10_000 }));

export async function refusing(): Promise<Refuser> {
  const policy = consecutive.create();
  for (let i = 0; i < FAILURES; i++) await policy.execute(fail).catch(() => undefined);
  return {
    async refused(calls) {
      for (let i = 0; i < calls; i++) await policy.execute(answer).catch(noted);
    },
  };
}
