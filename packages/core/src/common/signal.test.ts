import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { Bulkhead } from '../bulkhead/bulkhead.ts';
import { type AbortSignalLike, abortReason, isAborted, onAbort, watchAbort } from './signal.ts';

interface Kind {
  readonly signal: AbortSignalLike;
  abort(): void;
  /** Listeners that are left. */
  readonly left: () => number;
}

const reason = new Error('abandoned');

function counting(target: EventTarget): { left: () => number; listen: Partial<AbortSignalLike> } {
  let left = 0;
  const listen = {
    addEventListener: (type: 'abort', listener: () => void): void => {
      left += 1;
      target.addEventListener(type, listener);
    },
    removeEventListener: (type: 'abort', listener: () => void): void => {
      left -= 1;
      target.removeEventListener(type, listener);
    },
  };
  return { left: () => left, listen };
}

const KINDS: Record<string, () => Kind> = {
  "the platform's": () => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: () => controller.abort(reason), left: () => 0 };
  },
  "a polyfill's": () => {
    const target = new EventTarget();
    const { left, listen } = counting(target);
    const signal = { aborted: false, reason: undefined as unknown, ...listen };
    const abort = (): void => {
      Object.assign(signal, { aborted: true, reason });
      target.dispatchEvent(new Event('abort'));
    };
    return { signal, abort, left };
  },
  'an event emitter': () => {
    const signal = Object.assign(new EventEmitter(), { reason });
    return { signal, abort: () => void signal.emit('abort'), left: () => signal.listenerCount('abort') };
  },
  'an emitter without off': () => {
    const emitter = new EventEmitter();
    const signal: AbortSignalLike = {
      reason,
      on: (type, listener) => emitter.on(type, listener),
      removeListener: (type, listener) => emitter.removeListener(type, listener),
    };
    return { signal, abort: () => void emitter.emit('abort'), left: () => emitter.listenerCount('abort') };
  },
};

describe.each(Object.entries(KINDS))('a signal that is %s', (_, make) => {
  it('reaches the call as it is, and its abort is ignored', async () => {
    const { signal, abort, left } = make();
    const breaker = new CircuitBreaker({ failures: 1 });
    const call = async (given?: AbortSignalLike): Promise<never> => {
      expect(given).toBe(signal);
      abort();
      throw new Error('cut');
    };
    await expect(breaker.execute(call, { signal })).rejects.toThrow('cut');
    expect(breaker.metrics().answers).toEqual({ success: 0, failure: 0, ignore: 1 });
    expect([breaker.state, left()]).toEqual(['closed', 0]);
  });

  it('leaves a failure a failure where it does not abort', async () => {
    const { signal, left } = make();
    const breaker = new CircuitBreaker({ failures: 1 });
    await expect(breaker.execute(() => Promise.reject(new Error('down')), { signal })).rejects.toThrow('down');
    expect([breaker.state, left()]).toEqual(['open', 0]);
  });

  it('takes a call out of the queue of a bulkhead', async () => {
    const { signal, abort, left } = make();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 });
    const first = await bulkhead.acquire();
    const second = bulkhead.acquire({ signal });
    expect(bulkhead.queued).toBe(1);
    abort();
    await expect(second).rejects.toBe(reason);
    expect([bulkhead.queued, left()]).toEqual([0, 0]);
    first.release();
    expect(bulkhead.inFlight).toBe(0);
  });

  it('gives a place back that came in the moment of the abort', async () => {
    const { signal, abort, left } = make();
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 1 });
    const first = await bulkhead.acquire();
    const second = bulkhead.acquire({ signal });
    first.release();
    abort();
    await expect(second).rejects.toBe(reason);
    expect([bulkhead.inFlight, left()]).toEqual([0, 0]);
  });

  it('does not shrink a limit that adapts itself', async () => {
    const { signal, abort, left } = make();
    const limit = { type: 'adaptive', initial: 10 } as const;
    const bulkhead = new Bulkhead({ maxConcurrent: limit });
    const call = async (): Promise<never> => {
      abort();
      throw new Error('cut');
    };
    await expect(bulkhead.execute(call, { signal })).rejects.toThrow('cut');
    expect([bulkhead.limit, bulkhead.inFlight, left()]).toEqual([10, 0, 0]);
  });
});

describe('a signal', () => {
  it('that is aborted already, without a reason, rejects with an AbortError', async () => {
    const signal = { aborted: true };
    await expect(new CircuitBreaker().execute(() => 1, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(new Bulkhead({ maxConcurrent: 1 }).acquire({ signal })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('that cannot be listened to, or throws, is one that never aborts', async () => {
    const refuse = (): never => {
      throw new Error('hostile');
    };
    const hostile = Object.defineProperties({}, { aborted: { get: refuse }, reason: { get: refuse } });
    for (const signal of [{}, hostile, { addEventListener: refuse, removeEventListener: refuse }, { on: refuse }]) {
      await expect(new CircuitBreaker().execute(() => 5, { signal })).resolves.toBe(5);
      await expect(new Bulkhead({ maxConcurrent: 1 }).execute(() => 6, { signal })).resolves.toBe(6);
      expect([isAborted(signal), watchAbort(signal).aborted]).toEqual([false, false]);
      expect(() => onAbort(signal, () => undefined)()).not.toThrow();
    }
    expect(abortReason(hostile)).toMatchObject({ name: 'AbortError' });
  });
});

describe('the error of an abort without a reason', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("is the platform's, or an Error of that name where it has none", () => {
    const expected = { name: 'AbortError', message: 'This operation was aborted' };
    expect(abortReason({})).toBeInstanceOf(DOMException);
    expect(abortReason(undefined)).toMatchObject(expected);
    vi.stubGlobal('DOMException', undefined);
    expect(abortReason({})).toMatchObject(expected);
  });
});

describe('what is listened to', () => {
  it('is nothing on a signal that has `aborted`', () => {
    const listen = vi.fn();
    const signal = { aborted: false, addEventListener: listen, on: listen };
    watchAbort(signal).stop();
    expect(listen).not.toHaveBeenCalled();
    expect(watchAbort(undefined)).toBe(watchAbort(undefined));
    expect(isAborted(undefined)).toBe(false);
    expect(onAbort(undefined, listen)()).toBeUndefined();
  });

  it.each(['off', 'removeListener'] as const)('is removed with the same arguments: %s', way => {
    const [listen, unlisten, listener] = [vi.fn(), vi.fn(), vi.fn()];
    onAbort({ on: listen, [way]: unlisten }, listener)();
    expect(listen).toHaveBeenCalledWith('abort', listener);
    expect(unlisten).toHaveBeenCalledWith('abort', listener);
  });

  it('is removed with the same arguments: removeEventListener', () => {
    const [listen, unlisten, listener] = [vi.fn(), vi.fn(), vi.fn()];
    onAbort({ addEventListener: listen, removeEventListener: unlisten }, listener)();
    expect(unlisten).toHaveBeenCalledWith('abort', listener);
    expect(unlisten).toHaveBeenCalledTimes(1);
  });
});
