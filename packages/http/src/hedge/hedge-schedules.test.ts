import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import type { AttemptContext, AttemptResult } from '../call/attempt.ts';
import type { BodyTracker } from '../call/body-tracker.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { hedge } from './hedge.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const REQUEST: HttpRequest = {
  method: 'GET',
  url: 'http://a.example/',
  headers: { get: () => null },
  replayable: true,
};
const PLACES = 3;
const ROUNDS_MS = 60;

/** How one request ends, and when: `deaf` ignores its signal. */
const LEG = fc.record({
  end: fc.constantFrom('good', 'bad', 'error', 'never', 'deaf'),
  afterMs: fc.nat(12),
  body: fc.constantFrom('whole', 'broken', 'cancelled', 'unread', 'none'),
});
const CALL = fc.record({
  startsAt: fc.nat(8),
  legs: fc.array(LEG, { minLength: 4, maxLength: 4 }),
  abortAt: fc.option(fc.nat(12), { nil: undefined }),
});

type Leg = typeof LEG extends fc.Arbitrary<infer T> ? T : never;
type Call = typeof CALL extends fc.Arbitrary<infer T> ? T : never;

/** One of its requests: ends by itself, or by its signal. */
function send({ end, afterMs, body }: Leg, { signal }: AttemptContext): Promise<AttemptResult<string>> {
  const { promise, resolve, reject } = Promise.withResolvers<AttemptResult<string>>();
  if (end !== 'deaf') signal?.addEventListener('abort', () => reject(signal.reason));
  const status = end === 'bad' ? 503 : 200;
  const trackBody = (watch: BodyTracker): void => void setTimeout(() => tellEnd(watch, body), 3);
  const result = { value: end, outcome: { kind: 'status', status, bodyPending: body !== 'none' }, trackBody } as const;
  if (end === 'error') setTimeout(() => reject(new TypeError('fetch failed')), afterMs);
  else if (end !== 'never') setTimeout(() => resolve(result), end === 'deaf' ? afterMs + 20 : afterMs);
  return promise;
}

function tellEnd(watch: BodyTracker, body: Leg['body']): void {
  if (body === 'whole') watch.whole();
  else if (body === 'broken') watch.broken(new TypeError('terminated'));
  else if (body === 'cancelled') watch.cancelled();
}

async function play(policy: HttpPolicy, { startsAt, legs, abortAt }: Call): Promise<unknown> {
  await new Promise(resolve => setTimeout(resolve, startsAt));
  const caller = new AbortController();
  if (abortAt !== undefined) setTimeout(() => caller.abort(new Error('enough')), abortAt);
  let sent = 0;
  const attempt = (context: AttemptContext): Promise<AttemptResult<string>> => send(legs[sent++ % 4] as Leg, context);
  return policy.run({ ...REQUEST, signal: caller.signal }, attempt);
}

it('of ten thousand random schedules of answers, aborts and limits none leaves a permit or a place behind', async () => {
  const seen = { hedge: 0, 'hedge-won': 0, 'hedge-refused': 0 };
  const schedule = async (calls: readonly Call[]): Promise<void> => {
    const policy = createHttpPolicy({
      hedge: hedge({ delayMs: 2, minimumSamples: 0 }),
      retry: { maxRetries: 1, backoff: () => 1 },
      bulkhead: bulkhead({ maxConcurrent: PLACES, maxQueue: 2, bodyHoldMs: 8 }),
      attemptTimeoutMs: 10,
      breaker: { failures: 4, openDurationMs: 3 },
    });
    policy.subscribe(({ type }) => {
      if (type in seen) seen[type as keyof typeof seen] += 1;
    });
    const ends = Promise.allSettled(calls.map(call => play(policy, call)));
    await vi.advanceTimersByTimeAsync(ROUNDS_MS);
    expect(await ends).toHaveLength(calls.length);
    expect([policy.breaker(REQUEST.url).evictionInfo(0).inFlight, vi.getTimerCount()]).toEqual([0, 0]);
    await expectFree(policy);
  };
  await fc.assert(fc.asyncProperty(fc.array(CALL, { minLength: 1, maxLength: 5 }), schedule), { numRuns: 10_000 });
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(300);
}, 120_000);

/** As many calls as there are places run at once, and not one more. */
async function expectFree(policy: HttpPolicy): Promise<void> {
  policy.reset();
  const go = Promise.withResolvers<void>();
  const one = async (): Promise<AttemptResult<string>> => {
    await go.promise;
    return { value: 'ok', outcome: { kind: 'status', status: 200 } };
  };
  const calls = Array.from({ length: PLACES + 3 }, () => policy.run(REQUEST, one, { hedge: false, retry: false }));
  const ends = Promise.allSettled(calls);
  go.resolve();
  expect((await ends).filter(({ status }) => status === 'fulfilled')).toHaveLength(PLACES + 2);
}
