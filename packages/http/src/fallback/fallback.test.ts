import { AsyncLocalStorage } from 'node:async_hooks';
import { ForeignAbort } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt } from '../call/attempt.ts';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { FallbackAdapter } from './fallback.ts';

const ORIGIN = 'https://a.example';
const OTHER = 'https://b.example';

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: `${ORIGIN}/x`, headers: new Headers(), replayable: true, ...more };
}

const answering =
  (status: number): Attempt<number> =>
  async () => ({ value: status, outcome: { kind: 'status', status } });

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable(),
    error => error,
  );

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

describe('a fallback', () => {
  it('is told of once it has answered, and says nothing about the host', async () => {
    const events: HttpEvent[] = [];
    const policy = createHttpPolicy({ retry: false, fallback: () => -1 });
    policy.subscribe(event => events.push(event));
    await policy.run(request(), answering(503));
    policy.breaker(ORIGIN).isolate();
    await policy.run(request(), answering(503));
    const told = events.filter(({ type }) => type === 'fallback');
    expect(told).toEqual([
      { type: 'fallback', key: ORIGIN, at: expect.any(Number), refused: false },
      { type: 'fallback', key: ORIGIN, at: expect.any(Number), refused: true },
    ]);
    expect(events.filter(({ type }) => type === 'outcome')).toHaveLength(1);
  });

  it('that throws is not told of, and the failure is its cause', async () => {
    const events: string[] = [];
    const thrown = new Error('nothing cached');
    const policy = createHttpPolicy({ retry: false, fallback: () => Promise.reject(thrown) });
    policy.subscribe(({ type }) => void events.push(type));
    expect(await rejection(policy.run(request(), answering(503)))).toBe(thrown);
    expect(thrown.cause).toBe(503);
    expect(events).toEqual(['outcome']);
  });

  it('whose answer the adapter does not take fails with what the adapter says', async () => {
    const accept = (answer: unknown): never => {
      throw new TypeError(`fallback must return a Response, got ${answer}`);
    };
    const policy = createHttpPolicy({ retry: false, fallback: () => undefined });
    const error = await rejection(policy.run(request(), answering(503), undefined, { accept }));
    expect(error).toMatchObject({ message: 'fallback must return a Response, got undefined', cause: 503 });
  });

  it("of a call stands before the adapter's, and that before the policy's; false at any of them for none", async () => {
    const policy = createHttpPolicy({ retry: false, fallback: () => -1 });
    const run = (own: number | false | undefined, ofAdapter?: number | false): Promise<number> => {
      const given = (value: number | false): { fallback: false | (() => number) } => ({
        fallback: value === false ? false : () => value,
      });
      const adapter: FallbackAdapter = ofAdapter === undefined ? {} : given(ofAdapter);
      return policy.run(request(), answering(501), own === undefined ? {} : given(own), adapter);
    };
    expect(await Promise.all([run(undefined), run(undefined, -2), run(-3, -2), run(-3, false)])).toEqual([
      -1, -2, -3, -3,
    ]);
    policy.reset();
    expect(await Promise.all([run(false), run(false, -2), run(undefined, false)])).toEqual([501, 501, 501]);
  });

  it('answers where the time is up between two attempts', async () => {
    const policy = createHttpPolicy({ totalTimeoutMs: 30, retry: { backoff: () => 1 }, fallback: failure => failure });
    const release = (withinMs: number): Promise<boolean> =>
      new Promise(resolve => setTimeout(() => resolve(false), withinMs + 20));
    const attempt: Attempt<unknown> = async () => ({ value: 503, outcome: { kind: 'status', status: 503 }, release });
    expect(await policy.run(request(), attempt)).toMatchObject({ code: 'ERR_TOTAL_TIMEOUT' });
  });

  it('is not asked for a caller who has given up, and left when he does', async () => {
    const asked = vi.fn(() => new Promise<never>(() => undefined));
    const policy = createHttpPolicy({ retry: false, fallback: asked });
    const controller = new AbortController();
    const aborting: Attempt<number> = async () => {
      controller.abort(new DOMException('too late', 'TimeoutError'));
      throw controller.signal.reason;
    };
    const { signal } = controller;
    expect(await rejection(policy.run(request({ signal }), aborting))).toBe(signal.reason);
    expect(asked).not.toHaveBeenCalled();
    const later = new AbortController();
    const running = rejection(policy.run(request({ signal: later.signal }), answering(503)));
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
    later.abort();
    expect(await running).toBe(later.signal.reason);
    expect(later.signal.reason.cause).toBeUndefined();
  });

  it.each(['its time', 'an abort'])(
    'that never settles leaves neither timer nor listener behind after %s',
    async end => {
      vi.useFakeTimers();
      const foreign = new ForeignAbort('polyfill');
      const policy = createHttpPolicy({
        retry: false,
        totalTimeoutMs: 500,
        fallback: () => new Promise(() => undefined),
      });
      policy.breaker(ORIGIN).isolate();
      const failed = rejection(policy.run(request({ signal: foreign.signal }), answering(503)));
      await vi.advanceTimersByTimeAsync(1);
      expect(foreign.listeners).toBeGreaterThan(0);
      if (end === 'an abort') foreign.abort();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await failed).toMatchObject({ name: end === 'an abort' ? 'AbortError' : 'TimeoutError' });
      expect([foreign.listeners, vi.getTimerCount()]).toEqual([0, 0]);
      vi.useRealTimers();
    },
  );

  it("that heeds the caller's abort leaves his reason as it is", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const heeding = (): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const policy = createHttpPolicy({ retry: false, fallback: heeding });
    const running = rejection(policy.run(request({ signal }), answering(503)));
    await new Promise(resolve => setImmediate(resolve));
    controller.abort();
    expect(await running).toBe(signal.reason);
    await new Promise(resolve => setImmediate(resolve));
    expect(signal.reason.cause).toBeUndefined();
  });

  it("runs in the caller's async context, in whatever context a client told of the end", async () => {
    const storage = new AsyncLocalStorage<string>();
    const policy = createHttpPolicy({ retry: false, fallback: async () => storage.getStore() });
    const call = storage.run('caller', () => policy.begin(request()));
    call.start();
    const outcome = { kind: 'status', status: 503, durationMs: 1 } as const;
    await storage.run('another', async () => {
      const step = call.head(1, outcome, 'failure');
      expect(await (step.do === 'ask' && step.source.answer(step))).toBe('caller');
    });
  });
});

describe('a fallback that calls its own host', () => {
  /** Answers by another call, after a pause, through `policy`. */
  async function callsAgain(policy: HttpPolicy, url: string): Promise<number> {
    await Promise.resolve();
    return policy.run(request({ url }), answering(503));
  }

  it('gets the refusal or the answer itself, and does not go round', async () => {
    const asked = vi.fn((): Promise<number> => callsAgain(policy, `${ORIGIN}/y`));
    const policy = createHttpPolicy({ retry: false, fallback: asked });
    const refused: string[] = [];
    policy.subscribe(event => event.type === 'fallback-refused' && refused.push(event.key));
    expect(await policy.run(request(), answering(503))).toBe(503);
    policy.breaker(ORIGIN).isolate();
    expect(await rejection(policy.run(request(), answering(503)))).toMatchObject({
      code: 'ERR_CIRCUIT_OPEN',
      cause: { code: 'ERR_CIRCUIT_OPEN' },
    });
    expect(asked).toHaveBeenCalledTimes(2);
    expect(refused).toEqual([ORIGIN, ORIGIN]);
  });

  it('does not go round by way of another host, or of another policy', async () => {
    const hosts = [`${OTHER}/y`, `${ORIGIN}/y`];
    const asked = vi.fn((): Promise<number> => callsAgain(policy, hosts[(asked.mock.calls.length - 1) % 2] as string));
    const policy = createHttpPolicy({ retry: false, fallback: asked });
    expect(await policy.run(request(), answering(503))).toBe(503);
    expect(asked).toHaveBeenCalledTimes(2);
    const one = createHttpPolicy({ retry: false, fallback: () => callsAgain(two, request().url) });
    const two = createHttpPolicy({ retry: false, fallback: () => callsAgain(one, request().url) });
    expect(await one.run(request(), answering(503))).toBe(503);
  });

  it('does not keep other calls from their fallback meanwhile', async () => {
    let release = (): void => undefined;
    const first = new Promise<void>(resolve => {
      release = resolve;
    });
    const policy = createHttpPolicy({ retry: false, fallback: () => first.then(() => -1) });
    const running = policy.run(request(), answering(503));
    const other = policy.run(request(), answering(503), { fallback: () => -2 });
    expect(await other).toBe(-2);
    release();
    expect(await running).toBe(-1);
  });

  it('at once is known also where the platform has no async contexts', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    vi.resetModules();
    const fresh = await import('../policy/policy.ts');
    const asked = vi.fn((): Promise<number> => policy.run(request(), answering(503)));
    const policy = fresh.createHttpPolicy({ retry: false, fallback: asked });
    expect(await policy.run(request(), answering(503))).toBe(503);
    expect(await policy.run(request(), answering(503), { fallback: () => -2 })).toBe(-2);
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

describe('the time of a fallback', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A client that never answers. */
  const hangs: Attempt<string> = never;
  const later = (ms: number) => () => new Promise(resolve => setTimeout(resolve, ms, 'instead'));

  it('is one second when the time of the call is over, so that it is not skipped', async () => {
    const policy = createHttpPolicy({ retry: false, totalTimeoutMs: 100, fallback: later(999) });
    const answer = policy.run(request(), hangs);
    await vi.advanceTimersByTimeAsync(100 + 999);
    expect(await answer).toBe('instead');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with an error that has the failure as its cause', async () => {
    const policy = createHttpPolicy({ retry: false, totalTimeoutMs: 100, fallback: never });
    const error = rejection(policy.run(request(), hangs));
    await vi.advanceTimersByTimeAsync(100 + 1_000);
    expect(await error).toMatchObject({
      code: 'ERR_TOTAL_TIMEOUT',
      timeoutMs: 100,
      cause: { code: 'ERR_TOTAL_TIMEOUT' },
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is what is left of the call, where that is more', async () => {
    const policy = createHttpPolicy({ retry: false, totalTimeoutMs: 5_000, fallback: later(4_999) });
    policy.breaker(ORIGIN).isolate();
    const answer = policy.run(request(), hangs);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(await answer).toBe('instead');
    const slow = createHttpPolicy({ retry: false, totalTimeoutMs: 5_000, fallback: later(5_001) });
    slow.breaker(ORIGIN).isolate();
    const error = rejection(slow.run(request(), hangs));
    await vi.advanceTimersByTimeAsync(5_001);
    expect(await error).toMatchObject({ code: 'ERR_TOTAL_TIMEOUT', cause: { code: 'ERR_CIRCUIT_OPEN' } });
  });

  it('has no end where the call has none', async () => {
    const policy = createHttpPolicy({ retry: false, fallback: later(3_600_000) });
    const answer = policy.run(request(), answering(503));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await answer).toBe('instead');
  });

  it('is not extended by what a fallback does after its end', async () => {
    const late = new Error('too late');
    const fallback = () => new Promise((_, reject) => setTimeout(reject, 2_000, late));
    const policy = createHttpPolicy({ retry: false, totalTimeoutMs: 100, fallback });
    const error = rejection(policy.run(request(), hangs));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await error).not.toBe(late);
  });
});
