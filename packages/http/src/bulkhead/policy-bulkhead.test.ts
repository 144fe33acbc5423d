import { BreakerRegistry } from '@cutout/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AttemptResult } from '../call/attempt.ts';
import type { BodyTracker } from '../call/body-tracker.ts';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { bulkhead } from './bulkhead.ts';

afterEach(() => void vi.useRealTimers());

const requestTo = (url = 'https://a.example/', signal?: AbortSignal): HttpRequest => ({
  method: 'GET',
  url,
  headers: { get: () => null },
  replayable: true,
  ...(signal ? { signal } : {}),
});
const answered = (status = 200): AttemptResult<number> => ({ value: status, outcome: { kind: 'status', status } });
const forever = (): Promise<AttemptResult<number>> => new Promise(() => undefined);
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );

/** An answer whose body is handed out, and what is told of its end. */
function withBody(status = 200): { result: AttemptResult<number>; watch: () => BodyTracker } {
  let watch: BodyTracker | undefined;
  const result = {
    value: status,
    outcome: { kind: 'status', status, bodyPending: true },
    trackBody: (given: BodyTracker) => {
      watch = given;
    },
  } as const;
  return { result, watch: () => watch ?? expect.unreachable('nobody watches the body') };
}

const ONE = { bulkhead: bulkhead({ maxConcurrent: 1 }), retry: false } as const;
const isFree = async (policy: HttpPolicy, url?: string): Promise<boolean> =>
  policy
    .run(requestTo(url), async () => answered())
    .then(
      () => true,
      () => false,
    );

describe('a place', () => {
  it.each<[string, number, (watch: BodyTracker) => void]>([
    ['comes whole', 200, watch => watch.whole()],
    ['breaks', 200, watch => watch.broken(new TypeError('terminated'))],
    ['is cancelled', 200, watch => watch.cancelled()],
    ['of a failure comes whole', 503, watch => watch.whole()],
    ['of a failure is cancelled', 503, watch => watch.cancelled()],
  ])('is held until the body %s', async (_, status, end) => {
    const policy = createHttpPolicy(ONE);
    const { result, watch } = withBody(status);
    expect(await policy.run(requestTo(), async () => result)).toBe(status);
    expect(await isFree(policy)).toBe(false);
    end(watch());
    expect(await isFree(policy)).toBe(true);
    end(watch());
    const held = policy.run(requestTo(), forever);
    expect(await isFree(policy)).toBe(false);
    void held;
  });

  it('is held for a body that nobody reads until bodyHoldMs after the headers', async () => {
    vi.useFakeTimers();
    const policy = createHttpPolicy({ ...ONE, bulkhead: bulkhead({ maxConcurrent: 1, bodyHoldMs: 500 }) });
    await policy.run(requestTo(), async () => withBody().result);
    vi.advanceTimersByTime(499);
    expect(await isFree(policy)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await isFree(policy)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is kept while the old body of an attempt that is tried again is let go of', async () => {
    const policy = createHttpPolicy({ bulkhead: bulkhead({ maxConcurrent: 1 }), retry: { backoff: () => 0 } });
    const released = Promise.withResolvers<boolean>();
    const ends = [{ ...withBody(503).result, release: () => released.promise }, answered()];
    const running = policy.run(requestTo(), async () => ends.shift() ?? expect.unreachable());
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(await isFree(policy)).toBe(false);
    released.resolve(true);
    expect(await running).toBe(200);
    expect(await isFree(policy)).toBe(true);
  });

  it('is not forgotten with its key while a body holds it, however many other keys come', async () => {
    let now = 0;
    const registry = new BreakerRegistry({ maxKeys: 2, clock: { now: () => now } });
    const policy = createHttpPolicy({ ...ONE, registry });
    const { result, watch } = withBody();
    await policy.run(requestTo(), async () => result);
    for (let i = 0; i < 50; i++) registry.get(`invented ${i}`);
    expect(await isFree(policy)).toBe(false);
    watch().whole();
    // The one that is idle for longest goes first.
    now += 1;
    for (let i = 0; i < 50; i++) registry.get(`invented ${i}`);
    expect(registry.peek('https://a.example')).toBeUndefined();
  });

  it('is no concern of a policy without one: no timer, no watch for a failure', async () => {
    vi.useFakeTimers();
    const policy = createHttpPolicy({ retry: false });
    const { result, watch } = withBody(503);
    await policy.run(requestTo(), async () => result);
    expect(vi.getTimerCount()).toBe(0);
    expect(watch).toThrow('nobody watches the body');
  });

  it('is taken before a permit: a call that waits holds no place of a probe', async () => {
    const registry = new BreakerRegistry({ breaker: { halfOpen: { maxCalls: 1 }, openDurationMs: 1 } });
    const policy = createHttpPolicy({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 3 }), retry: false, registry });
    const finish: (() => void)[] = [];
    const all = [1, 2, 3].map(() =>
      policy.run(
        requestTo(),
        () => new Promise<AttemptResult<number>>(resolve => finish.push(() => resolve(answered()))),
      ),
    );
    await new Promise(resolve => setImmediate(resolve));
    const inFlight = (): number => policy.breaker('https://a.example').evictionInfo(0).inFlight;
    expect([finish.length, inFlight()]).toEqual([1, 1]);
    for (let i = 0; i < 3; i++) {
      finish[i]?.();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect([await Promise.all(all), inFlight()]).toEqual([[200, 200, 200], 0]);
  });

  it('is not waited for where the circuit is open, and given back where it opens during the wait', async () => {
    const policy = createHttpPolicy({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 3 }), retry: false });
    let finish = (): void => undefined;
    const held = policy.run(
      requestTo(),
      () =>
        new Promise<AttemptResult<number>>(resolve => {
          finish = () => resolve(answered());
        }),
    );
    const queued = [1, 2].map(() => rejection(policy.run(requestTo(), async () => answered())));
    policy.breaker('https://a.example').isolate();
    expect(await rejection(policy.run(requestTo(), async () => answered()))).toMatchObject({ state: 'isolated' });
    finish();
    await held;
    expect(await Promise.all(queued)).toMatchObject([{ state: 'isolated' }, { state: 'isolated' }]);
    policy.breaker('https://a.example').release();
    expect(await isFree(policy)).toBe(true);
  });

  it('is given back by an attempt that throws, hooks that throw, and an abort', async () => {
    const abort = new AbortController();
    const policy = createHttpPolicy(ONE);
    const fail = (): never => {
      throw new Error('no');
    };
    await rejection(policy.run(requestTo(), async () => fail()));
    await rejection(policy.run(requestTo(), async () => answered(), { classify: fail }));
    const aborted = rejection(
      policy.run(
        requestTo(undefined, abort.signal),
        ({ signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      ),
    );
    abort.abort('enough');
    expect(await aborted).toBe('enough');
    expect(await isFree(policy)).toBe(true);
  });
});

describe('a refusal of the bulkhead', () => {
  it('goes to the fallback as one, and is told by an event', async () => {
    const seen: unknown[] = [];
    const policy = createHttpPolicy({
      ...ONE,
      fallback: (error, { refused }) => {
        seen.push((error as Error).name, refused);
        return 42;
      },
    });
    const events: HttpEvent[] = [];
    policy.subscribe(event => events.push(event));
    const held = policy.run(requestTo(), forever);
    expect(await policy.run(requestTo(), async () => answered())).toBe(42);
    expect(seen).toEqual(['BulkheadFullError', true]);
    expect(events).toMatchObject([
      { type: 'bulkhead-rejected', key: 'https://a.example', limit: 1, queued: 0, reason: 'bulkhead-full' },
      { type: 'fallback', key: 'https://a.example', refused: true },
    ]);
    void held;
  });

  it('of a retry gives the last real outcome, and what was paid for it back', async () => {
    const policy = createHttpPolicy({
      bulkhead: bulkhead({ maxConcurrent: 1 }),
      retry: { backoff: () => 0, budget: { ratio: 0, ttlMs: 1_000 } },
    });
    const reasons: string[] = [];
    policy.subscribe(event => event.type === 'retry-refused' && reasons.push(event.reason));
    for (let i = 0; i < 2; i++) {
      let finish = (): void => undefined;
      let other: Promise<number> | undefined;
      const take = (): void => {
        other = policy.run(
          requestTo(),
          () =>
            new Promise<AttemptResult<number>>(resolve => {
              finish = () => resolve(answered());
            }),
        );
      };
      const answer = policy.run(requestTo(), async () => ({ ...answered(503), release: async () => (take(), true) }));
      expect(await answer).toBe(503);
      finish();
      await other;
    }
    expect(reasons).toEqual([]);
  });
});

describe('an adaptive limit', () => {
  it('falls with attempts whose time is up, down to its floor, and stays where callers abort', async () => {
    vi.useFakeTimers();
    const policy = createHttpPolicy({
      bulkhead: bulkhead({ maxConcurrent: { type: 'adaptive', initial: 4, floor: 2, backoffRatio: 0.5 } }),
      attemptTimeoutMs: 50,
      retry: false,
      breaker: { mode: 'off' },
    });
    /** Fills all places, and tells how many there are. */
    const fill = async (signal?: AbortSignal): Promise<number> => {
      const limits: number[] = [];
      const stop = policy.subscribe(event => event.type === 'bulkhead-rejected' && limits.push(event.limit));
      for (let call = 0; call < 5; call++) policy.run(requestTo(undefined, signal), forever).catch(() => undefined);
      await vi.advanceTimersByTimeAsync(0);
      stop();
      return limits[0] ?? expect.unreachable('all had a place');
    };
    const abort = new AbortController();
    expect(await fill(abort.signal)).toBe(4);
    abort.abort();
    await vi.advanceTimersByTimeAsync(50);
    expect(await fill()).toBe(4);
    await vi.advanceTimersByTimeAsync(50);
    expect(await fill()).toBe(2);
  });
});

describe('hosts', () => {
  it('may have a bulkhead where the policy has none', () => {
    const hosts = { 'a.example': { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 5 }) } };
    expect(() => createHttpPolicy({ hosts })).not.toThrow();
  });

  it('have a bulkhead each, their own rules for it, and none with false', async () => {
    const policy = createHttpPolicy({
      ...ONE,
      hosts: {
        'b.example': { bulkhead: bulkhead({ maxConcurrent: 2 }) },
        'c.example': { bulkhead: false },
      },
    });
    const hold = (url: string): void => void policy.run(requestTo(url), forever);
    for (const host of ['a', 'b', 'c', 'c']) hold(`https://${host}.example/`);
    expect(await isFree(policy)).toBe(false);
    expect(await isFree(policy, 'https://b.example/')).toBe(true);
    hold('https://b.example/');
    expect(await isFree(policy, 'https://b.example/')).toBe(false);
    expect(await isFree(policy, 'https://c.example/')).toBe(true);
    policy.registry.delete('https://a.example');
    expect(await isFree(policy)).toBe(true);
  });
});

describe('bad options', () => {
  it.each([
    [{ maxConcurrent: 0 }, 'bulkhead.maxConcurrent must be a positive integer, got 0'],
    [{ maxConcurrent: 1, maxQueue: -1 }, 'bulkhead.maxQueue must be zero or a positive integer, got -1'],
    [
      { maxConcurrent: 1, queueTimeoutMs: 0 },
      'bulkhead.queueTimeoutMs must be a positive number of milliseconds, got 0',
    ],
    [
      { maxConcurrent: 1, bodyHoldMs: Number.POSITIVE_INFINITY },
      'bulkhead.bodyHoldMs must be a positive number of milliseconds up to 2147483647',
    ],
    [{ maxConcurrent: 1.5 }, 'bulkhead.maxConcurrent must be a positive integer'],
    [{ maxQueue: 5 }, 'bulkhead.maxConcurrent must be a positive integer, got undefined'],
    [{ bodyHoldMs: 5 }, 'bulkhead.maxConcurrent must be a positive integer, got undefined'],
    [
      { maxConcurrent: { type: 'adaptive', floor: 0 } },
      'bulkhead.maxConcurrent.floor must be a positive integer, got 0',
    ],
  ])('%j are refused with path and value', (options, message) => {
    expect(() => bulkhead(options as never)).toThrow(message);
  });

  it.each([true, 5, { maxConcurrent: 5 }])(
    '%j in place of a strategy is refused, with the import that makes one',
    value => {
      const build = (): unknown => createHttpPolicy({ bulkhead: value as never });
      expect(build).toThrow(/^bulkhead must be what bulkhead\(\) returns, got .*: import \{ bulkhead \} from/);
      const hosts = { 'a.example': { bulkhead: value as never } };
      expect(() => createHttpPolicy({ hosts })).toThrow('hosts["a.example"].bulkhead must be what bulkhead() returns');
    },
  );
});
