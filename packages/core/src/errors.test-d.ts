/** What the guards of the errors say to the compiler. Checked by tsc; nothing here runs. */

import {
  type AbortSignalLike,
  Bulkhead,
  type BulkheadFullError,
  type CircuitBreaker,
  type CircuitOpenError,
  findCircuitOpenError,
  isBulkheadFullError,
  isCircuitOpenError,
  type Verdict,
} from './index.ts';

export function refused(error: unknown): CircuitOpenError | BulkheadFullError | undefined {
  if (isCircuitOpenError(error)) {
    const retryAfterMs: number = error.retryAfterMs;
    void retryAfterMs;
    return error;
  }
  if (isBulkheadFullError(error)) {
    const { limit, reason }: { limit: number; reason: 'bulkhead-full' | 'timeout' } = error;
    void [limit, reason];
    return error;
  }
  return findCircuitOpenError(error);
}

/** Signals of any make, and of the caller's own type. */
export function signals(breaker: CircuitBreaker, own: AbortSignal, emitter: AbortSignalLike): void {
  void breaker.execute((signal?: AbortSignal) => signal?.aborted, { signal: own });
  void breaker.execute(() => 1, { signal: emitter });
  void new Bulkhead({ maxConcurrent: 1 }).execute(() => 1, { signal: own });
  // @ts-expect-error A signal is an object.
  void breaker.execute(() => 1, { signal: 5 });
}

export function verdicts(breaker: CircuitBreaker): void {
  void breaker.execute(() => 1, { classify: () => undefined });
  void breaker.execute(() => 1, { classify: (): Verdict => 'ignore' });
  // @ts-expect-error The verdict is owed at once.
  void breaker.execute(() => 1, { classify: async () => 'ignore' });
  // @ts-expect-error No such option.
  void breaker.execute(() => 1, { fallbak: () => 1 });
  // @ts-expect-error A function is called.
  void breaker.execute(undefined);
}
