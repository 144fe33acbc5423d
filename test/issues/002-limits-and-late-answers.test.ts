import { BreakerRegistry } from '@cutout/core';
import { createHttpPolicy, type HttpCallOptions, type HttpRequest } from '@cutout/http';
import type { Attempt, AttemptResult } from '@cutout/http/adapter';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const ORIGIN = 'https://a.example';
const request = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: ORIGIN,
  headers: new Headers(),
  replayable: true,
  ...more,
});

function answering(status: number, more: Partial<AttemptResult<number>> = {}): Attempt<number> & { calls: number } {
  const attempt = async (): Promise<AttemptResult<number>> => {
    attempt.calls += 1;
    return { value: status, outcome: { kind: 'status', status }, ...more };
  };
  attempt.calls = 0;
  return attempt;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  return () => vi.useRealTimers();
});

async function elapsed<T>(promise: Promise<T>): Promise<{ result: unknown; ms: number }> {
  const start = performance.now();
  const settled = promise.then(
    result => ({ result: result as unknown, ms: performance.now() - start }),
    error => ({ result: error as unknown, ms: performance.now() - start }),
  );
  await vi.runAllTimersAsync();
  return settled;
}

describe('discarding an old response', () => {
  it('ends at the total limit, after which no request follows', async () => {
    const policy = createHttpPolicy({ totalTimeoutMs: 100, retry: { backoff: () => 1 } });
    const kept = answering(503, { release: withinMs => new Promise(resolve => setTimeout(resolve, withinMs, true)) });
    expect(await elapsed(policy.run(request(), kept))).toEqual({ result: 503, ms: 100 });
    const lost = answering(503, { release: withinMs => new Promise(resolve => setTimeout(resolve, withinMs, false)) });
    expect(await elapsed(policy.run(request(), lost))).toMatchObject({
      result: { code: 'ERR_TOTAL_TIMEOUT' },
      ms: 100,
    });
    expect([kept.calls, lost.calls]).toEqual([1, 1]);
  });

  it('ends at once when the caller aborts', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort('stop'), 50);
    const attempt = answering(503, {
      release: withinMs => new Promise(resolve => setTimeout(resolve, withinMs, true)),
    });
    const policy = createHttpPolicy({ retry: { backoff: () => 1 } });
    expect(await elapsed(policy.run(request({ signal: controller.signal }), attempt))).toEqual({
      result: 'stop',
      ms: 50,
    });
    expect(attempt.calls).toBe(1);
  });

  it('happens when a fallback throws, too', async () => {
    const discard = vi.fn();
    const fallback = (): never => {
      throw 'no cache';
    };
    const run = createHttpPolicy({ retry: false, fallback }).run(request(), answering(503, { discard }));
    expect((await elapsed(run)).result).toMatchObject({ thrown: 'no cache', cause: 503 });
    expect(discard).toHaveBeenCalledTimes(1);
  });
});

describe('a time limit', () => {
  it('leaves nothing when a client throws synchronously', async () => {
    const policy = createHttpPolicy({ attemptTimeoutMs: 50, retry: false });
    const attempt = (() => {
      throw new TypeError('at once');
    }) as unknown as Attempt<number>;
    expect((await elapsed(policy.run(request(), attempt))).result).toMatchObject({ message: 'at once' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts even if the client rejects with its own AbortError', async () => {
    const policy = createHttpPolicy({ attemptTimeoutMs: 20, retry: false });
    const verdicts: string[] = [];
    policy.subscribe(event => void (event.type === 'outcome' && verdicts.push(event.verdict)));
    const attempt: Attempt<number> = ({ signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new DOMException('mine', 'AbortError'))),
      );
    expect((await elapsed(policy.run(request(), attempt))).result).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    expect(verdicts).toEqual(['failure']);
  });

  it('of a call must fit into the lease of a probe', async () => {
    const policy = createHttpPolicy({ breaker: { halfOpen: { probeTimeoutMs: 100 } } });
    await expect(policy.run(request(), answering(200), { attemptTimeoutMs: 101 })).rejects.toThrow(
      'cutout.attemptTimeoutMs must be at most breaker.halfOpen.probeTimeoutMs (100), got 101',
    );
  });
});

describe('a wait', () => {
  it('longer than any timer is not begun', async () => {
    const headers = new Headers({ 'retry-after': '3000000' });
    const attempt = answering(503, { outcome: { kind: 'status', status: 503, headers } });
    const policy = createHttpPolicy({ retry: { maxRetryAfterMs: Number.POSITIVE_INFINITY } });
    expect((await elapsed(policy.run(request(), attempt))).ms).toBe(0);
    expect(attempt.calls).toBe(1);
  });

  it('is not computed if no attempt can follow it', async () => {
    const backoff = vi.fn(() => 1);
    await elapsed(createHttpPolicy({ retry: { maxRetries: 1, backoff } }).run(request(), answering(503)));
    expect(backoff).toHaveBeenCalledTimes(1);
  });

  it('continues with the breaker that the registry then has', async () => {
    const registry = new BreakerRegistry({ maxKeys: 1 });
    const policy = createHttpPolicy({ registry, retry: { backoff: () => 30 } });
    const attempt = answering(503);
    setTimeout(() => {
      registry.get('another');
      policy.breaker(ORIGIN).isolate();
    }, 10);
    expect((await elapsed(policy.run(request(), attempt))).result).toBe(503);
    expect(attempt.calls).toBe(1);
  });
});

describe('options', () => {
  it('of a call that are undefined leave those of the policy in force', async () => {
    const policy = createHttpPolicy({ attemptTimeoutMs: 20, retry: { maxRetries: 0 } });
    const call = { attemptTimeoutMs: undefined, retry: { maxRetries: undefined } } as unknown as HttpCallOptions;
    const never: Attempt<number> = () => new Promise(() => undefined);
    expect((await elapsed(policy.run(request(), never, call))).result).toMatchObject({ code: 'ERR_ATTEMPT_TIMEOUT' });
    const attempt = answering(503);
    await elapsed(policy.run(request(), attempt, call));
    expect(attempt.calls).toBe(1);
  });

  for (const breaker of [null, 5, [], { halfOpen: null }, { halfOpen: 7 }, { halfOpen: { probeTimeoutMs: '5' } }]) {
    it(`refuse breaker: ${JSON.stringify(breaker)} by its path, also beside a time limit`, () => {
      const build = (): unknown => createHttpPolicy({ breaker, attemptTimeoutMs: 9 } as never);
      expect(build).toThrow(/^breaker(\.halfOpen)?(\.probeTimeoutMs)? must be/);
      expect(build).toThrow(TypeError);
    });
  }

  for (const own of [
    'failure',
    null,
    { retry: 'yes' },
    { notBeforeMs: '5000' },
    { haelth: 'failure' },
    Promise.resolve({}),
  ]) {
    it(`refuse ${JSON.stringify(own)} from classify, and count nothing`, async () => {
      const policy = createHttpPolicy({ classify: () => own as never });
      const verdicts: string[] = [];
      policy.subscribe(event => void (event.type === 'outcome' && verdicts.push(event.verdict)));
      expect((await elapsed(policy.run(request(), answering(503)))).result).toBeInstanceOf(TypeError);
      expect(verdicts).toEqual(['ignore']);
    });
  }
});
