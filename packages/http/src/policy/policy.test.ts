import { BreakerRegistry, CircuitOpenError } from '@cutout/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt, AttemptContext, AttemptResult } from '../call/attempt.ts';
import type { HttpEvent } from '../observe/events.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from './options.ts';
import { createHttpPolicy, type HttpPolicy, isHttpPolicy } from './policy.ts';

const ORIGIN = 'https://a.example';
const exact = { backoff: { jitter: 'none' } } as const;

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: `${ORIGIN}/x`, headers: new Headers(), replayable: true, ...more };
}

type Answer = number | Error | ((context: AttemptContext) => Promise<number>);

/** A client that plays its answers in turn, the last one for ever. */
function client(...answers: Answer[]): Attempt<number> & { calls: number } {
  const attempt = async (context: AttemptContext): Promise<AttemptResult<number>> => {
    const answer = answers[Math.min(attempt.calls++, answers.length - 1)] as Answer;
    if (answer instanceof Error) throw answer;
    const status = typeof answer === 'number' ? answer : await answer(context);
    return { value: status, outcome: { kind: 'status', status } };
  };
  attempt.calls = 0;
  return attempt;
}

const never = (): Promise<never> => new Promise(() => undefined);
const untilAborted = ({ signal }: AttemptContext): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
const refused = (): Error => Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
const reset = (): Error => Object.assign(new Error('x'), { code: 'ECONNRESET' });

function watched(options: HttpPolicyOptions = {}): { policy: HttpPolicy; log: string[] } {
  const policy = createHttpPolicy(options);
  const log: string[] = [];
  policy.subscribe(event => log.push(line(event)));
  return { policy, log };
}

function line(event: HttpEvent): string {
  switch (event.type) {
    case 'retry':
      return `retry after ${event.attempt} in ${event.delayMs}`;
    case 'retry-refused':
      return `no retry: ${event.reason}`;
    case 'outcome':
      return event.verdict;
    case 'transition':
      return `${event.from}>${event.to}`;
    default:
      return event.type;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

/** Runs to the end, moving time on as far as it takes. */
async function ended<T>(promise: Promise<T>): Promise<T | { rejected: unknown }> {
  const settled = promise.catch(error => ({ rejected: error }));
  await vi.runAllTimersAsync();
  return settled;
}

describe('a call', () => {
  it('is tried three times at most, with growing waits, and returns the last answer', async () => {
    const { policy, log } = watched({ retry: exact });
    const attempt = client(500);
    expect(await ended(policy.run(request(), attempt))).toBe(500);
    expect(attempt.calls).toBe(3);
    expect(log).toEqual([
      'failure',
      'retry after 1 in 100',
      'failure',
      'retry after 2 in 200',
      'failure',
      'no retry: attempts',
    ]);
  });

  it('ends with the first good answer', async () => {
    const attempt = client(503, reset(), 200);
    expect(await ended(createHttpPolicy().run(request(), attempt))).toBe(200);
    expect(attempt.calls).toBe(3);
  });

  it("rejects with the client's own last error, whatever it is", async () => {
    const error = new TypeError('fetch failed', { cause: reset() });
    expect(await ended(createHttpPolicy().run(request(), client(error)))).toEqual({ rejected: error });
    const odd = { rejected: 'a string' };
    const attempt: Attempt<never> = () => Promise.reject('a string');
    expect(await ended(createHttpPolicy().run(request(), attempt))).toEqual(odd);
  });

  it('stops retrying when the circuit opens, after five attempts in all', async () => {
    const policy = createHttpPolicy();
    const attempt = client(503);
    for (const answer of [503, 503]) expect(await ended(policy.run(request(), attempt))).toBe(answer);
    expect(attempt.calls).toBe(5);
    const third = await ended(policy.run(request(), attempt));
    expect(third).toMatchObject({ rejected: { code: 'ERR_CIRCUIT_OPEN', key: ORIGIN } });
    expect(attempt.calls).toBe(5);
  });

  it('is refused at once and before anything is sent when its options are bad', async () => {
    const attempt = client(200);
    const policy = createHttpPolicy();
    await expect(policy.run(request(), attempt, { retry: { maxRetries: -1 } })).rejects.toThrow(
      'cutout.retry.maxRetries must be zero or a positive integer, got -1',
    );
    await expect(policy.run(request(), attempt, { retries: 1 } as never)).rejects.toThrow(
      /^cutout.retries is not an option/,
    );
    await expect(policy.run(request({ url: '/x' }), attempt)).rejects.toThrow('url must be absolute');
    expect(attempt.calls).toBe(0);
    expect(policy.registry.peek(ORIGIN)?.evictionInfo(0).inFlight ?? 0).toBe(0);
  });

  it('is bypassed with false', async () => {
    const policy = createHttpPolicy();
    policy.breaker(ORIGIN).isolate();
    expect(await policy.run(request(), client(500), false)).toBe(500);
  });
});

describe('what is retried', () => {
  const rows: [what: string, calls: number, more: Partial<HttpRequest>, answer: Answer][] = [
    ['a POST that may have arrived', 1, { method: 'POST' }, reset()],
    ['a POST that was answered', 1, { method: 'POST' }, 503],
    ['a POST that cannot have left', 3, { method: 'POST' }, refused()],
    ['such a POST with a one-shot body', 1, { method: 'POST', replayable: false }, refused()],
    ['such a POST, with redirects followed', 1, { method: 'POST', followsRedirects: true }, refused()],
    ['a POST with an Idempotency-Key', 3, { method: 'POST', headers: new Headers({ 'Idempotency-Key': '1' }) }, 503],
    ['a PUT', 3, { method: 'PUT' }, 503],
    ['a put', 3, { method: 'put' }, 503],
    ['a PATCH', 1, { method: 'PATCH' }, 503],
    ['a PUT with a one-shot body', 1, { method: 'PUT', replayable: false }, reset()],
    ['a 425, which is no failure', 3, {}, 425],
    ['a 404', 1, {}, 404],
    ['a 501, which is a failure', 1, {}, 501],
    ['a bad certificate', 1, {}, Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })],
    ['an invalid request', 1, {}, new TypeError('bad header')],
  ];
  for (const [what, calls, more, answer] of rows) {
    it(`${what}: ${calls} attempts`, async () => {
      const attempt = client(answer);
      await ended(createHttpPolicy().run(request(more), attempt));
      expect(attempt.calls).toBe(calls);
    });
  }
});

describe('the wait that a server requests', () => {
  const asking = (value: string, status = 503): Attempt<number> & { calls: number } => {
    const attempt = async (): Promise<AttemptResult<number>> => {
      attempt.calls++;
      return { value: status, outcome: { kind: 'status', status, headers: new Headers({ 'retry-after': value }) } };
    };
    attempt.calls = 0;
    return attempt;
  };

  it('is waited for, and the backoff on top', async () => {
    const { policy, log } = watched({ retry: { ...exact, maxRetries: 1 } });
    await ended(policy.run(request(), asking('2')));
    expect(log).toContain('retry after 1 in 2100');
  });

  it('is not waited for when it is too long', async () => {
    const { policy, log } = watched();
    const attempt = asking('11');
    expect(await policy.run(request(), attempt)).toBe(503);
    expect(log).toEqual(['failure', 'no retry: retry-after']);
  });

  it('is the open time of the circuit that it trips', async () => {
    const policy = createHttpPolicy({ retry: false, breaker: { failures: 1 } });
    await policy.run(request(), asking('30'));
    expect(await ended(policy.run(request(), client(200)))).toMatchObject({ rejected: { retryAfterMs: 30_000 } });
    policy.reset();
    await policy.run(request(), asking('30', 500));
    expect(await ended(policy.run(request(), client(200)))).toMatchObject({ rejected: { retryAfterMs: 30_000 } });
  });

  it('or the user for it, is the open time on any failing outcome', async () => {
    const hints: HttpPolicyOptions = { classify: () => ({ health: 'failure', notBeforeMs: 7_000 }) };
    for (const answer of [200, 429, 529, new Error('lost')]) {
      const policy = createHttpPolicy({
        ...hints,
        retry: false,
        breaker: { failures: 1 },
      });
      await ended(policy.run(request(), client(answer)));
      expect(policy.explain(ORIGIN)).toMatchObject({ state: 'open', remainingMs: 7_000 });
    }
  });
});

describe('time limits', () => {
  it('end an attempt that ignores its signal, and try again', async () => {
    const { policy, log } = watched({ attemptTimeoutMs: 1_000, retry: exact });
    const result = await ended(policy.run(request(), client(never, 200)));
    expect(result).toBe(200);
    expect(log).toEqual(['failure', 'retry after 1 in 100', 'success']);
  });

  it('name themselves', async () => {
    const slow = createHttpPolicy({ attemptTimeoutMs: 1_000, retry: false });
    const code = 'ERR_ATTEMPT_TIMEOUT';
    expect(await ended(slow.run(request(), client(untilAborted)))).toMatchObject({
      rejected: { name: 'TimeoutError', code, timeoutMs: 1_000 },
    });
  });

  it('of the whole call end the attempt in flight, which counts only if it had its time', async () => {
    const { policy, log } = watched({ totalTimeoutMs: 1_000, retry: exact });
    const rejected = { rejected: { code: 'ERR_TOTAL_TIMEOUT', timeoutMs: 1_000 } };
    expect(await ended(policy.run(request(), client(untilAborted)))).toMatchObject(rejected);
    expect(await ended(policy.run(request(), client(503, untilAborted)))).toMatchObject(rejected);
    expect(log).toEqual(['failure', 'failure', 'retry after 1 in 100', 'ignore']);
  });

  it('of the whole call forbid a wait that could not end in time', async () => {
    const { policy, log } = watched({ totalTimeoutMs: 90, retry: exact });
    expect(await policy.run(request(), client(503))).toBe(503);
    expect(log).toEqual(['failure', 'no retry: deadline']);
  });

  it('leave no timer behind', async () => {
    const policy = createHttpPolicy({ attemptTimeoutMs: 1_000, totalTimeoutMs: 5_000 });
    await policy.run(request(), client(200));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('aborts', () => {
  it('in flight are no evidence about the host, unless their reason is a timeout', async () => {
    const { policy, log } = watched();
    for (const reason of ['stop', new DOMException('late', 'TimeoutError')]) {
      const controller = new AbortController();
      const promise = ended(policy.run(request({ signal: controller.signal }), client(untilAborted)));
      controller.abort(reason);
      expect(await promise).toEqual({ rejected: reason });
    }
    expect(log).toEqual(['ignore', 'failure']);
  });

  it('during a wait reject at once with the reason, and leave no timer', async () => {
    const controller = new AbortController();
    const policy = createHttpPolicy({ retry: { backoff: () => 5_000 } });
    const promise = policy.run(request({ signal: controller.signal }), client(503));
    await vi.advanceTimersByTimeAsync(10);
    expect(vi.getTimerCount()).toBe(1);
    controller.abort('stop');
    await expect(promise).rejects.toBe('stop');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('before the call take no permit, and leave the error to the client', async () => {
    const signal = AbortSignal.abort('no');
    const attempt = vi.fn(async (context: AttemptContext): Promise<never> => {
      throw context.signal?.reason;
    });
    const { policy, log } = watched({ attemptTimeoutMs: 1_000 });
    await expect(policy.run(request({ signal }), attempt)).rejects.toBe('no');
    policy.breaker(ORIGIN).isolate();
    log.length = 0;
    await expect(policy.run(request({ signal }), attempt)).rejects.toBe('no');
    expect([attempt.mock.calls.length, attempt.mock.calls[0]?.[0].signal, log]).toEqual([2, signal, []]);
  });
});

describe('when the circuit opens during a wait', () => {
  const opening = (result: Partial<AttemptResult<number>>): Promise<unknown> => {
    const policy = createHttpPolicy();
    const attempt: Attempt<number> = async () => {
      setTimeout(() => policy.breaker(ORIGIN).isolate(), 0);
      return { value: 503, outcome: { kind: 'status', status: 503 }, ...result };
    };
    return ended(policy.run(request(), attempt, { retry: { backoff: () => 50 } }));
  };

  it('the last answer is returned', async () => expect(await opening({})).toBe(503));

  it('the refusal is, if that answer had to be cancelled, with its status', async () => {
    const rejected = await opening({ release: async () => false });
    expect(rejected).toMatchObject({ rejected: { code: 'ERR_CIRCUIT_OPEN', lastStatus: 503 } });
  });

  it('the last error is thrown', async () => {
    const policy = createHttpPolicy({ retry: { backoff: () => 50 } });
    const error = reset();
    const attempt: Attempt<number> = async () => {
      setTimeout(() => policy.breaker(ORIGIN).isolate(), 0);
      throw error;
    };
    expect(await ended(policy.run(request(), attempt))).toEqual({ rejected: error });
  });
});

describe('subscribers', () => {
  it('receive events of breakers and retries in one order; one that throws is reported once', async () => {
    const spy = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { policy, log } = watched({ retry: exact });
    const stop = policy.subscribe(() => {
      throw new Error('listener');
    });
    await ended(policy.run(request(), client(503, 200)));
    stop();
    stop();
    await ended(policy.run(request(), client(200)));
    expect(log).toEqual(['failure', 'retry after 1 in 100', 'success', 'success']);
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('cost nothing once they are gone', async () => {
    const registry = new BreakerRegistry();
    const policy = createHttpPolicy({ registry });
    const subscribe = vi.spyOn(registry, 'subscribe');
    const stops = [policy.subscribe(() => undefined), policy.subscribe(() => undefined)];
    expect(subscribe).toHaveBeenCalledTimes(1);
    for (const stop of stops) stop();
    policy.subscribe(() => undefined);
    expect(subscribe).toHaveBeenCalledTimes(2);
  });
});

describe('hooks', () => {
  it('classify has the last word on health and retry, per attempt', async () => {
    const { policy, log } = watched({
      retry: exact,
      classify: ({ status }) =>
        status === 404 ? { health: 'failure', retry: true } : status === 503 ? { health: 'ignore' } : undefined,
    });
    await ended(policy.run(request(), client(404, 503, 200)));
    expect(log).toEqual(['failure', 'retry after 1 in 100', 'ignore', 'retry after 2 in 200', 'success']);
  });

  it('what classify throws, or should not return, surfaces and counts nothing', async () => {
    const { policy, log } = watched();
    for (const thrown of [new RangeError('mine'), 'a string']) {
      const classify = (): never => {
        throw thrown;
      };
      expect(await ended(policy.run(request(), client(503), { classify }))).toEqual({ rejected: thrown });
    }
    const classify = (): never => ({ health: 'well' }) as never;
    expect(await ended(policy.run(request(), client(503), { classify }))).toMatchObject({
      rejected: { name: 'RangeError', message: expect.stringContaining('got "well"') },
    });
    expect(log).toEqual(['ignore', 'ignore', 'ignore']);
  });

  it('a response without a reader is discarded: a hook threw, or it came too late', async () => {
    const discard = vi.fn();
    const answered: Attempt<number> = async () => ({ value: 503, outcome: { kind: 'status', status: 503 }, discard });
    const classify = (): never => {
      throw new Error('mine');
    };
    await ended(createHttpPolicy().run(request(), answered, { classify }));
    expect(discard).toHaveBeenCalledTimes(1);
    const late: Attempt<number> = async () => {
      await new Promise(resolve => setTimeout(resolve, 2_000));
      return { value: 200, outcome: { kind: 'status', status: 200 }, discard };
    };
    await ended(createHttpPolicy({ attemptTimeoutMs: 1_000, retry: false }).run(request(), late));
    expect(discard).toHaveBeenCalledTimes(2);
  });

  it('fallback answers a refusal, a failing answer and an error, not an ignored one', async () => {
    const got: unknown[] = [];
    const fallback = (failure: unknown, { refused }: { refused: boolean }): number => {
      got.push([failure, refused]);
      return -1;
    };
    const policy = createHttpPolicy({ fallback, retry: false });
    const error = reset();
    expect(await policy.run(request(), client(503))).toBe(-1);
    expect(await policy.run(request(), client(error))).toBe(-1);
    policy.breaker(ORIGIN).isolate();
    expect(await policy.run(request(), client(200))).toBe(-1);
    expect(got).toEqual([
      [503, false],
      [error, false],
      [expect.any(CircuitOpenError), true],
    ]);
    policy.breaker(ORIGIN).release();
    await expect(policy.run(request(), client(new TypeError('bad header')))).rejects.toThrow('bad header');
    expect(await policy.run(request(), client(404))).toBe(404);
  });

  it('the key may be given per call', async () => {
    const policy = createHttpPolicy();
    await policy.run(request(), client(200), { key: 'mine' });
    expect([...policy.registry].map(breaker => breaker.key)).toEqual(['mine']);
  });

  it('a retry override is merged field by field', async () => {
    const policy = createHttpPolicy({ retry: { maxRetries: 1, backoff: { jitter: 'none', initialDelayMs: 10 } } });
    const log: unknown[] = [];
    policy.subscribe(event => void (event.type === 'retry' && log.push(event.delayMs)));
    await ended(policy.run(request(), client(500), { retry: { backoff: { factor: 3 } } }));
    await ended(policy.run(request(), client(500), { retry: { maxRetries: 2 } }));
    expect(log).toEqual([10, 10, 20]);
  });
});

describe('options', () => {
  const bad: [options: unknown, message: string][] = [
    [{ failureStatuses: [] }, 'failureStatuses is not an option; did you mean failureStatus?'],
    [{ failureStatus: ['6xx'] }, 'failureStatus[0] must be a status'],
    [{ key: 'port' }, "key must be 'origin', 'host' or a function, got \"port\""],
    [{ retry: true }, 'retry must be an object, got true'],
    [{ retry: { methods: 'GET' } }, 'retry.methods must be a list of methods, got "GET"'],
    [{ attemptTimeoutMs: 0 }, 'attemptTimeoutMs must be a positive number of milliseconds, got 0'],
    [{ breaker: { halfOpen: { maxCalls: 0 } } }, 'breaker.halfOpen.maxCalls must be a positive integer, got 0'],
    [
      { breaker: { halfOpen: { probeTimeoutMs: 10 } }, attemptTimeoutMs: 11 },
      'breaker.halfOpen.probeTimeoutMs must be at least attemptTimeoutMs (11), got 10',
    ],
    [{ registry: new BreakerRegistry(), breaker: {} }, 'breaker must not be given with registry'],
    [{ registry: {} }, 'registry must be a BreakerRegistry, got {}'],
    [{ classify: 1 }, 'classify must be a function, got 1'],
    [null, 'options must be an object, got null'],
  ];
  for (const [options, message] of bad) {
    it(`refuses with: ${message}`, () => expect(() => createHttpPolicy(options as never)).toThrow(message));
  }

  it('give a probe as much time as an attempt has', async () => {
    const policy = createHttpPolicy({
      attemptTimeoutMs: 90_000,
      retry: false,
      breaker: { failures: 1 },
    });
    await policy.run(request(), client(503));
    await vi.advanceTimersByTimeAsync(60_000);
    policy.breaker(ORIGIN).acquire();
    await vi.advanceTimersByTimeAsync(89_999);
    expect(policy.breaker(ORIGIN).state).toBe('half-open');
    await vi.advanceTimersByTimeAsync(1);
    expect(policy.breaker(ORIGIN).state).toBe('open');
  });

  it('are copied: changing them later changes nothing', async () => {
    const options = { retry: { maxRetries: 0 }, breaker: { failures: 1 } };
    const policy = createHttpPolicy(options);
    options.retry.maxRetries = 9;
    options.breaker.failures = 9;
    const attempt = client(503);
    await ended(policy.run(request(), attempt, { failureStatus: [503] }));
    expect(attempt.calls).toBe(1);
    expect(policy.breaker(ORIGIN).state).toBe('open');
  });

  it('a policy is distinguished from options for one', () => {
    expect(isHttpPolicy(createHttpPolicy())).toBe(true);
    for (const other of [undefined, null, {}, { run: 1 }]) expect(isHttpPolicy(other)).toBe(false);
  });
});
