/** What others put around a call: a breaker after five failures, and two retries where there are any. */

import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  wrap as wrapPolicies,
} from 'cockatiel';
import Opossum from 'opossum';
import type { Send } from './client.ts';

const OPEN_MS = 60_000;

export function aroundCalls(send: Send): { readonly cockatiel: Send; readonly opossum: Send } {
  const retries = retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() });
  const breaker = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(5) });
  const policy = wrapPolicies(retries, breaker);
  const opossum = new Opossum(send, { timeout: false, resetTimeout: OPEN_MS });
  return { cockatiel: () => policy.execute(send), opossum: () => opossum.fire() };
}

const calls = { ended: 0 };

/** What each floor does when a call ends. */
export function seenEnd(): void {
  calls.ended += 1;
}

export function seenGood<T>(value: T): T {
  seenEnd();
  return value;
}

export function seenBad(error: unknown): never {
  seenEnd();
  throw error;
}
