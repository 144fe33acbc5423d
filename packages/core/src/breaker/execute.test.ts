import { ManualClock } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import type { BreakerEvent } from '../common/events.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

const down = (): never => {
  throw new Error('down');
};

function make(failures = 1): { breaker: CircuitBreaker; clock: ManualClock; verdicts: string[] } {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({ clock, failures });
  const verdicts: string[] = [];
  breaker.subscribe((event: BreakerEvent) => void (event.type === 'outcome' && verdicts.push(event.verdict)));
  return { breaker, clock, verdicts };
}

describe('execute', () => {
  it('returns a promise also for a call that throws at once, and counts it', async () => {
    const { breaker } = make();
    const promise = breaker.execute(down);
    await expect(promise).rejects.toThrow('down');
    await expect(breaker.execute(() => 1)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
  });

  it('counts any value as a success, an error among them', async () => {
    const { breaker, verdicts } = make();
    await expect(breaker.execute(() => new Error('a value'))).resolves.toBeInstanceOf(Error);
    await expect(breaker.execute(async () => undefined)).resolves.toBeUndefined();
    expect(verdicts).toEqual(['success', 'success']);
  });

  it('lets classify decide, for values and errors', async () => {
    const { breaker, verdicts } = make(9);
    const classify = (outcome: { value: number } | { error: unknown }) =>
      'error' in outcome ? ('ignore' as const) : outcome.value > 1 ? ('failure' as const) : ('success' as const);
    await expect(breaker.execute(() => 2, { classify })).resolves.toBe(2);
    await expect(breaker.execute(() => 1, { classify })).resolves.toBe(1);
    await expect(breaker.execute(down, { classify })).rejects.toThrow('down');
    expect(verdicts).toEqual(['failure', 'success', 'ignore']);
  });

  it('surfaces what classify throws, and gives the place back', async () => {
    const { breaker, clock } = make();
    await expect(breaker.execute(down)).rejects.toThrow();
    clock.advance(60_000);
    for (let i = 0; i < 20; i++) {
      const classify = () => {
        throw new RangeError('mine');
      };
      await expect(breaker.execute(() => 1, { classify })).rejects.toThrow('mine');
    }
    await expect(breaker.execute(() => 1, { classify: () => 'fine' as never })).rejects.toThrow(TypeError);
    expect(breaker.state).toBe('half-open');
    expect(breaker.evictionInfo(clock.now()).inFlight).toBe(0);
  });

  it('ignores a rejection while the signal is aborted, unless its reason is a timeout', async () => {
    const { breaker, verdicts } = make(9);
    for (const reason of [undefined, 'stop', new DOMException('late', 'TimeoutError')]) {
      const controller = new AbortController();
      const call = (signal?: AbortSignal) =>
        new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      const promise = breaker.execute(call, { signal: controller.signal });
      controller.abort(reason);
      await expect(promise).rejects.toBe(controller.signal.reason);
    }
    expect(verdicts).toEqual(['ignore', 'ignore', 'failure']);
  });

  it('rejects without running when the signal is aborted already', async () => {
    const { breaker, verdicts } = make();
    const signal = AbortSignal.abort('no');
    await expect(breaker.execute(down, { signal })).rejects.toBe('no');
    expect(verdicts).toEqual([]);
  });

  it('falls back on a failure, a failing value and a refusal, never on an ignored outcome', async () => {
    const { breaker } = make(2);
    const got: unknown[] = [];
    const fallback = (failure: unknown): number => {
      got.push(failure);
      return 7;
    };
    await expect(breaker.execute<number>(down, { fallback })).resolves.toBe(7);
    await expect(breaker.execute(() => 503, { fallback, classify: () => 'failure' })).resolves.toBe(7);
    await expect(breaker.execute(() => 1, { fallback })).resolves.toBe(7);
    expect(got).toMatchObject([{ message: 'down' }, 503, { code: 'ERR_CIRCUIT_OPEN' }]);
    breaker.reset();
    await expect(breaker.execute<number>(down, { fallback, classify: () => 'ignore' })).rejects.toThrow('down');
    expect(got).toHaveLength(3);
  });

  it("gives a fallback's own error the failure as its cause", async () => {
    const { breaker } = make(9);
    const own = new Error('fallback');
    await expect(breaker.execute(down, { fallback: () => Promise.reject(own) })).rejects.toBe(own);
    expect(own.cause).toMatchObject({ message: 'down' });
  });
});

describe('what classify may return', () => {
  it.each([
    ['fine', '"fine"'],
    [null, 'null'],
    [1, '1'],
    [Object.create(null), '{}'],
  ])('is no %j', async (verdict, shown) => {
    const { breaker } = make();
    await expect(breaker.execute(() => 1, { classify: () => verdict as never })).rejects.toThrow(
      new TypeError(`classify must return 'success', 'failure' or 'ignore', got ${shown}`),
    );
  });

  it('is left out with undefined: the default verdict counts', async () => {
    const { breaker, verdicts } = make(9);
    const classify = (): undefined => undefined;
    await expect(breaker.execute(() => 1, { classify })).resolves.toBe(1);
    await expect(breaker.execute(down, { classify })).rejects.toThrow('down');
    expect(verdicts).toEqual(['success', 'failure']);
  });

  it('of a value counts although the signal is aborted', async () => {
    const { breaker, verdicts } = make();
    const controller = new AbortController();
    const call = async (): Promise<number> => (controller.abort(), 1);
    await expect(breaker.execute(call, { signal: controller.signal })).resolves.toBe(1);
    expect(verdicts).toEqual(['success']);
  });

  it('of an abort is nothing, whatever the reason was, unless that is a TimeoutError', async () => {
    for (const [reason, expected] of [
      [null, 'ignore'],
      [0, 'ignore'],
      [{ name: 'TimeoutError' }, 'failure'],
    ] as const) {
      const { breaker, verdicts } = make();
      const controller = new AbortController();
      const call = async (): Promise<never> => (controller.abort(reason), Promise.reject(new Error('cut')));
      await expect(breaker.execute(call, { signal: controller.signal })).rejects.toThrow('cut');
      expect(verdicts).toEqual([expected]);
    }
  });
});

describe("the cause of a fallback's own error", () => {
  const failing = async (error: unknown): Promise<unknown> => {
    const fallback = () => Promise.reject(error);
    return make()
      .breaker.execute(down, { fallback })
      .catch(caught => caught);
  };

  it('is put on it as a standard cause is', async () => {
    const error = (await failing(new Error('mine'))) as Error;
    expect(Object.getOwnPropertyDescriptor(error, 'cause')).toMatchObject({
      value: { message: 'down' },
      configurable: true,
      writable: true,
      enumerable: false,
    });
  });

  it.each<[string, unknown, string]>([
    ['a text', 'no cache', '"no cache"'],
    ['undefined', undefined, 'undefined'],
    ['text that could break a line', 'a\u2028', '"a\\u2028"'],
    ['an error that could', Object.freeze(new Error('a\nb')), 'a\\nb'],
    ['null', null, 'null'],
    ['an object', { plain: 1 }, '{"plain":1}'],
    ['a frozen error', Object.freeze(new Error('frozen')), 'frozen'],
    ['a sealed error', Object.seal(new TypeError('sealed')), 'sealed'],
    ['an error with a cause of its own', new Error('fetch failed', { cause: new Error('refused') }), 'fetch failed'],
  ])('is that of a FallbackError around %s', async (_, thrown, summary) => {
    expect(await failing(thrown)).toMatchObject({
      name: 'FallbackError',
      code: 'ERR_FALLBACK_FAILED',
      message: `[@cutout/core] the fallback failed: ${summary}`,
      thrown,
      cause: { message: 'down' },
    });
  });

  it('leaves an error alone that has it already, and one that was frozen with it', async () => {
    const own = new Error('down again');
    const call = () => Promise.reject(own);
    for (const thrown of [
      own,
      Object.freeze(new Error('no cache', { cause: own })),
      new AggregateError([new Error('no cache'), own]),
    ]) {
      const fallback = () => Promise.reject(thrown);
      await expect(make().breaker.execute(call, { fallback })).rejects.toBe(thrown);
    }
    expect(own.cause).toBeUndefined();
  });
});

describe('wrap', () => {
  it('hands on this and the arguments', async () => {
    const { breaker } = make();
    const account = {
      balance: 5,
      add: breaker.wrap(function (this: { balance: number }, a: number, b: number) {
        return this.balance + a + b;
      }),
    };
    await expect(account.add(1, 2)).resolves.toBe(8);
  });

  it('refuses while the circuit is open', async () => {
    const { breaker } = make();
    breaker.isolate();
    await expect(breaker.wrap(() => 1)()).rejects.toMatchObject({
      state: 'isolated',
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
  });
});
