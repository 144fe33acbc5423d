import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BulkheadFullError, isBulkheadFullError, isFull } from '../common/bulkhead-full-error.ts';
import { Bulkhead, type BulkheadOptions, type BulkheadPermit, isQueueTicket, type QueueTicket } from './bulkhead.ts';

afterEach(() => void vi.useRealTimers());

const make = (options: Partial<BulkheadOptions> = {}): Bulkhead =>
  new Bulkhead({ key: 'k', maxConcurrent: 1, ...options });
const taken = (bulkhead: Bulkhead): BulkheadPermit => {
  const permit = bulkhead.tryAcquire();
  if (isFull(permit)) throw permit;
  return permit;
};
const queuedIn = (bulkhead: Bulkhead, timeoutMs?: number): QueueTicket => {
  const entry = bulkhead.enter(timeoutMs);
  if (isFull(entry) || !isQueueTicket(entry)) throw new Error('not queued');
  return entry;
};

describe('a bulkhead', () => {
  it('admits up to its limit, and refuses further calls', () => {
    const bulkhead = make({ maxConcurrent: 2 });
    taken(bulkhead);
    const permit = taken(bulkhead);
    expect(bulkhead.tryAcquire()).toMatchObject({ code: 'ERR_BULKHEAD_FULL', key: 'k', limit: 2, queued: 0 });
    expect(bulkhead.inFlight).toBe(2);
    permit.release();
    expect(isFull(bulkhead.enter())).toBe(false);
  });

  it('takes a place back once', () => {
    const bulkhead = make({ maxConcurrent: 2 });
    const permit = taken(bulkhead);
    taken(bulkhead);
    permit.release('success', 1);
    permit.release();
    permit[Symbol.dispose]();
    expect(bulkhead.inFlight).toBe(1);
  });

  it('serves in order of arrival, and admits no call before those in the queue', async () => {
    const bulkhead = make({ maxQueue: 3 });
    const permit = taken(bulkhead);
    const order: number[] = [];
    const runs = [1, 2, 3].map(n => bulkhead.execute(() => void order.push(n)));
    expect(bulkhead.queued).toBe(3);
    expect(bulkhead.enter()).toMatchObject({ reason: 'bulkhead-full', queued: 3 });
    permit.release();
    expect(isFull(bulkhead.tryAcquire())).toBe(true);
    await Promise.all(runs);
    expect(order).toEqual([1, 2, 3]);
    expect([bulkhead.inFlight, bulkhead.queued]).toEqual([0, 0]);
  });

  it('refuses who has waited too long, and makes no timer where there is no limit', async () => {
    vi.useFakeTimers();
    const bulkhead = make({ maxQueue: 3, queueTimeoutMs: 100 });
    taken(bulkhead);
    const long = queuedIn(bulkhead);
    const short = queuedIn(bulkhead, 40);
    vi.advanceTimersByTime(40);
    await expect(short.permit).rejects.toMatchObject({ reason: 'timeout', limit: 1, queued: 1 });
    vi.advanceTimersByTime(60);
    await expect(long.permit).rejects.toMatchObject({ reason: 'timeout', queued: 0 });
    const patient = make({ maxQueue: 1 });
    taken(patient);
    queuedIn(patient);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind once a call has its place or has left', () => {
    vi.useFakeTimers();
    const bulkhead = make({ maxQueue: 2, queueTimeoutMs: 100 });
    const permit = taken(bulkhead);
    queuedIn(bulkhead);
    queuedIn(bulkhead).leave('enough');
    expect(vi.getTimerCount()).toBe(1);
    permit.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets an abort end the wait, and hands the place on where both come at once', async () => {
    const bulkhead = make({ maxQueue: 3 });
    const permit = taken(bulkhead);
    const [first, second] = [new AbortController(), new AbortController()];
    const aborted = bulkhead.acquire({ signal: first.signal });
    const both = bulkhead.acquire({ signal: second.signal });
    const last = bulkhead.acquire();
    first.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    expect(bulkhead.queued).toBe(2);
    permit.release();
    second.abort('too late');
    await expect(both).rejects.toBe('too late');
    (await last).release();
    expect([bulkhead.inFlight, bulkhead.queued]).toEqual([0, 0]);
    await expect(bulkhead.acquire({ signal: second.signal })).rejects.toBe('too late');
  });

  it('keeps the async context of a queued call', async () => {
    const storage = new AsyncLocalStorage<string>();
    const bulkhead = make({ maxQueue: 2 });
    const permit = taken(bulkhead);
    const seen = ['a', 'b'].map(name => storage.run(name, () => bulkhead.execute(async () => storage.getStore())));
    storage.run('releaser', () => permit.release());
    expect(await Promise.all(seen)).toEqual(['a', 'b']);
  });

  it('gives the place back after a call that throws, now or later', async () => {
    const bulkhead = make();
    const fail = (): never => {
      throw new Error('no');
    };
    await expect(bulkhead.execute(fail)).rejects.toThrow('no');
    await expect(bulkhead.execute(async () => fail())).rejects.toThrow('no');
    expect(bulkhead.inFlight).toBe(0);
    expect(await bulkhead.execute(() => 42)).toBe(42);
  });

  it('lets a hundred thousand leave the queue from its end without a scan', () => {
    const bulkhead = make({ maxQueue: 100_000 });
    const permit = taken(bulkhead);
    const all = Array.from({ length: 100_000 }, () => queuedIn(bulkhead));
    // A scan each would be five thousand million steps: the runner's own limit would end this.
    for (const waiting of all.reverse()) waiting.leave('enough');
    expect(bulkhead.queued).toBe(0);
    permit.release();
    expect(bulkhead.inFlight).toBe(0);
  });
});

describe('ten thousand random schedules', () => {
  const step = fc.oneof(
    fc.constant({ do: 'start' } as const),
    fc.record({ do: fc.constant('leave' as const), of: fc.nat(20) }),
    fc.record({ do: fc.constant('settle' as const), of: fc.nat(20) }),
    fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 60 }) }),
  );
  const options = fc.record({
    maxConcurrent: fc.integer({ min: 1, max: 4 }),
    maxQueue: fc.integer({ min: 0, max: 6 }),
  });

  it('never exceed the limit, keep the order, and end with no place held', async () => {
    vi.useFakeTimers();
    await fc.assert(
      fc.asyncProperty(options, fc.array(step, { maxLength: 30 }), async (given, steps) => {
        const bulkhead = new Bulkhead({ ...given, queueTimeoutMs: 50 });
        const held: BulkheadPermit[] = [];
        const waiting = new Map<number, QueueTicket>();
        let started = 0;
        let served = -1;
        const take = (number: number, permit: BulkheadPermit): void => {
          expect(number).toBeGreaterThan(served);
          served = number;
          waiting.delete(number);
          held.push(permit);
        };
        const start = (): void => {
          const number = started++;
          const entry = bulkhead.enter();
          if (isFull(entry)) return expect(bulkhead.queued).toBe(given.maxQueue);
          if (!isQueueTicket(entry)) return take(number, entry);
          waiting.set(number, entry);
          entry.permit.then(
            permit => take(number, permit),
            () => waiting.delete(number),
          );
        };
        for (const each of steps) {
          if (each.do === 'start') start();
          else if (each.do === 'time') vi.advanceTimersByTime(each.ms);
          else if (each.do === 'settle') held.splice(each.of % (held.length || 1), 1)[0]?.release();
          else [...waiting.values()][each.of % (waiting.size || 1)]?.leave('enough');
          for (let turn = 0; turn < 4; turn++) await Promise.resolve();
          expect(bulkhead.inFlight).toBe(held.length);
          expect(held.length).toBeLessThanOrEqual(given.maxConcurrent);
          expect(bulkhead.queued).toBe(waiting.size);
        }
        while (held.length > 0) {
          held.pop()?.release();
          for (let turn = 0; turn < 4; turn++) await Promise.resolve();
        }
        expect([bulkhead.inFlight, bulkhead.queued, waiting.size, vi.getTimerCount()]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);
});

describe('its refusal', () => {
  it('is known through wrappers and across copies of the package', () => {
    const error = new BulkheadFullError({ key: 'k', limit: 3, queued: 2, reason: 'bulkhead-full' });
    expect(error.message).toBe('[@cutout/core] bulkhead "k" is full');
    expect(isBulkheadFullError(new Error('wrapped', { cause: error }))).toBe(true);
    expect(isBulkheadFullError(new AggregateError([new Error('other'), error]))).toBe(true);
    const copy = Object.assign(new Error('copy'), { [Symbol.for('cutout.BulkheadFullError')]: true });
    expect([copy, new Error('other'), null, 'full'].map(isBulkheadFullError)).toEqual([true, false, false, false]);
  });
});

describe('bad options', () => {
  it.each<[unknown, new (message: string) => Error, string]>([
    [null, TypeError, 'options must be an object, got null'],
    [{}, TypeError, 'maxConcurrent must be a positive integer, got undefined'],
    [{ maxConcurrent: 0 }, RangeError, 'maxConcurrent must be a positive integer, got 0'],
    [{ maxConcurrent: 1.5 }, RangeError, 'maxConcurrent must be a positive integer, got 1.5'],
    [{ maxConcurrent: Infinity }, RangeError, 'maxConcurrent must be a positive integer, got Infinity'],
    [{ maxConcurrent: 1, maxQueue: -1 }, RangeError, 'maxQueue must be zero or a positive integer, got -1'],
    [{ maxConcurrent: 1, maxQueue: '5' }, TypeError, 'maxQueue must be zero or a positive integer, got "5"'],
    [
      { maxConcurrent: 1, queueTimeoutMs: 0 },
      RangeError,
      'queueTimeoutMs must be a positive number of milliseconds, got 0',
    ],
    [{ maxConcurrent: 1, queue: 1 }, TypeError, 'queue is not an option; did you mean maxQueue?'],
    [{ maxConcurrent: { type: 'fast' } }, RangeError, 'maxConcurrent.type must be one of \'adaptive\', got "fast"'],
    [
      { maxConcurrent: { type: 'adaptive', floor: 0 } },
      RangeError,
      'maxConcurrent.floor must be a positive integer, got 0',
    ],
    [
      { maxConcurrent: { type: 'adaptive', floor: 300 } },
      RangeError,
      'maxConcurrent.ceiling must be an integer of at least floor (300), got 200',
    ],
    [
      { maxConcurrent: { type: 'adaptive', ceiling: 5, initial: 6 } },
      RangeError,
      'maxConcurrent.initial must be an integer from 1 to 5, got 6',
    ],
    [
      { maxConcurrent: { type: 'adaptive', backoffRatio: 1 } },
      RangeError,
      'maxConcurrent.backoffRatio must be a number from 0.5 to below 1, got 1',
    ],
    [
      { maxConcurrent: { type: 'adaptive', slowCallMs: Infinity } },
      RangeError,
      'maxConcurrent.slowCallMs must be a finite, positive number of milliseconds, got Infinity',
    ],
    [
      { maxConcurrent: { type: 'adaptive', flor: 1 } },
      TypeError,
      'maxConcurrent.flor is not an option; did you mean floor?',
    ],
  ])('%j are refused with path and value', (options, Kind, message) => {
    const build = (): unknown => new Bulkhead(options as BulkheadOptions);
    expect(build).toThrow(Kind);
    expect(build).toThrow(message);
  });
});
