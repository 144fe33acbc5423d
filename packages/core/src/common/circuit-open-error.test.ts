import { describe, expect, it } from 'vitest';
import { BulkheadFullError, isBulkheadFullError } from './bulkhead-full-error.ts';
import {
  CircuitOpenError,
  findCircuitOpenError,
  isCircuitOpenError,
  isRefusal,
  type Refusal,
} from './circuit-open-error.ts';
import { isOwnRefusal } from './no-evidence.ts';

const refusal = (of: Partial<Refusal> = {}): CircuitOpenError =>
  new CircuitOpenError({ key: 'k', state: 'open', reason: 'open', retryAfterMs: 10.2, ...of });

describe('the message of a refusal', () => {
  it.each<[Partial<Refusal>, string]>([
    [{}, 'open'],
    [{ state: 'isolated', reason: 'isolated' }, 'isolated by hand until it is released'],
    [{ state: 'half-open', reason: 'half-open' }, 'half-open and all its probe places are taken'],
    [{ state: 'closed', reason: 'recovery', retryAfterMs: 1.5 }, 'recovering and lets only some calls through'],
    [{ state: 'closed', reason: 'throttle' }, 'throttled: too few of its recent calls were answered well'],
  ])('%j', (of, message) => {
    expect(refusal(of).message).toBe(`[@cutout/core] circuit "k" is ${message}`);
    expect(refusal(of)).toMatchObject({ state: 'open', reason: 'open', retryAfterMs: 10.2, ...of, key: 'k' });
  });
});

describe('a refusal', () => {
  it('is an Error by name, code and class, and may be given another name', () => {
    const error = refusal();
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe('CircuitOpenError: [@cutout/core] circuit "k" is open');
    expect(Object.keys(error).sort()).toEqual(['code', 'key', 'reason', 'retryAfterMs', 'state']);
    Object.defineProperty(CircuitOpenError.prototype, 'name', { value: 'CircuitOpenError', configurable: true });
  });

  it.each([null, undefined, 0, 'x', {}, new Error('x'), Symbol('s')])('is not %s', value => {
    expect(isRefusal(value)).toBe(false);
    expect(findCircuitOpenError(value)).toBeUndefined();
    expect(findCircuitOpenError({ cause: value, errors: [value] })).toBeUndefined();
  });

  it('is looked for once in each object, however they are joined', () => {
    let reads = 0;
    const shared = Object.defineProperty({}, 'cause', {
      get: () => {
        reads += 1;
        return undefined;
      },
    });
    expect(findCircuitOpenError({ cause: shared, errors: [shared, shared] })).toBeUndefined();
    expect(reads).toBe(1);
  });
});

const REASONS: Partial<Refusal>[] = [
  { reason: 'open', state: 'open' },
  { reason: 'isolated', state: 'isolated', retryAfterMs: Number.POSITIVE_INFINITY },
  { reason: 'half-open', state: 'half-open' },
  { reason: 'recovery', state: 'closed' },
  { reason: 'throttle', state: 'closed' },
];

describe('a refusal in the hands of tools', () => {
  it.each(REASONS)('has the same message whatever time is left: %j', of => {
    const [first, second] = [refusal({ ...of, retryAfterMs: 1 }), refusal({ ...of, retryAfterMs: 99 })];
    expect(first.message).toBe(second.message);
    expect([first.retryAfterMs, second.retryAfterMs]).toEqual([1, 99]);
  });

  it('has a message that cannot break a log line', () => {
    expect(refusal({ key: 'a\n\u001b[31m' }).message).toBe('[@cutout/core] circuit "a\\n\\u001b[31m" is open');
    const full = new BulkheadFullError({ key: 'a\n', limit: 1, queued: 0, reason: 'timeout' });
    expect(full.message).toBe('[@cutout/core] bulkhead "a\\n" had no place in time');
  });

  it('is found in what an SDK keeps it in', () => {
    const open = refusal();
    const wrapped = Object.assign(new Error('connection'), { detail: Object.assign(new Error('x'), { cause: open }) });
    expect(findCircuitOpenError(wrapped)).toBe(open);
    expect(isCircuitOpenError(wrapped)).toBe(true);
  });

  it.each(REASONS)('is known after structured clone, and made anew from it: %j', of => {
    const cause = { name: 'Error', message: 'down', code: 'ECONNREFUSED' };
    const clone = structuredClone(refusal({ key: 'a" is b', ...of, cause }));
    expect(isRefusal(clone)).toBe(false);
    expect([isCircuitOpenError(clone), isBulkheadFullError(clone), isOwnRefusal(clone)]).toEqual([true, false, true]);
    const found = findCircuitOpenError(new Error('worker', { cause: clone }));
    expect(found).toBeInstanceOf(CircuitOpenError);
    const retryAfterMs = of.reason === 'isolated' ? Number.POSITIVE_INFINITY : 0;
    expect({ ...found }).toEqual({ code: 'ERR_CIRCUIT_OPEN', key: 'a" is b', ...of, retryAfterMs });
    expect(found).toMatchObject({ message: clone.message, stack: clone.stack, cause });
  });

  it.each(REASONS)('is known after JSON, and made anew from it: %j', of => {
    const printed = JSON.parse(JSON.stringify(refusal(of)));
    expect(isCircuitOpenError(printed)).toBe(true);
    expect({ ...findCircuitOpenError(printed) }).toEqual({ ...refusal(of) });
    expect(findCircuitOpenError(printed)).toBeInstanceOf(CircuitOpenError);
  });

  it('is evidence all the same where JSON brings it: the host may have sent it', () => {
    expect(isOwnRefusal(JSON.parse(JSON.stringify(refusal())))).toBe(false);
  });

  it('is not known in an error that cannot be read, or whose message is no text', () => {
    const unreadable = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no');
      },
    });
    const strange = [unreadable, Object.assign(new Error('x'), { message: 5 })];
    expect(strange.map(isCircuitOpenError)).toEqual([false, false]);
    expect(strange.map(isOwnRefusal)).toEqual([false, false]);
  });

  it('has a stack of its own where what is left of it has none', () => {
    const printed = JSON.parse(JSON.stringify(refusal()));
    expect(findCircuitOpenError(printed)?.stack).toContain('CircuitOpenError: [@cutout/core] circuit "k" is open');
    const bare = Object.assign(new Error(refusal().message), { stack: undefined });
    expect(findCircuitOpenError(bare)).toMatchObject({ key: 'k', reason: 'open' });
  });

  it('has a message of another version taken for an open circuit', () => {
    const message = '[@cutout/core] circuit "k" is open; retry after 11 ms';
    const clone = Object.assign(new Error(message), { stack: `CircuitOpenError: ${message}\n    at x` });
    expect(findCircuitOpenError(clone)).toMatchObject({ key: 'k', reason: 'open', state: 'open', retryAfterMs: 0 });
  });

  it('is not known by a copied message, code or stack alone', () => {
    const { message, code } = refusal();
    const strangers = [
      new Error(message),
      { message, stack: `CircuitOpenError: ${message}` },
      Object.assign(new Error('x'), { code }),
      Object.assign(new Error('x'), { code, key: 'k' }),
      Object.assign(new Error('x'), { code, key: 'k', reason: 'toString' }),
      Object.assign(new Error('x'), { code, reason: 'open' }),
      Object.assign(new Error('x'), { key: 'k', reason: 'open' }),
      Object.assign(new Error('x'), { stack: `CircuitOpenError: ${message}` }),
    ];
    expect(strangers.map(isCircuitOpenError)).toEqual(strangers.map(() => false));
    expect(strangers.map(isOwnRefusal)).toEqual(strangers.map(() => false));
  });

  it('is known by its message where an engine writes no such line into the stack', () => {
    const clone = Object.assign(new Error(refusal().message), { stack: 'run@worker.js:1:1' });
    expect(findCircuitOpenError(clone)).toMatchObject({ key: 'k', reason: 'open' });
  });
});

describe("a bulkhead's refusal in the hands of tools", () => {
  const full = (
    of: { limit?: number; queued?: number; reason?: 'bulkhead-full' | 'timeout' } = {},
  ): BulkheadFullError => new BulkheadFullError({ key: 'k', limit: 1, queued: 2, reason: 'bulkhead-full', ...of });

  it('has the same message whatever the numbers are', () => {
    expect(full().message).toBe('[@cutout/core] bulkhead "k" is full');
    expect(full({ limit: 7, queued: 9 }).message).toBe(full().message);
    expect(full({ reason: 'timeout' }).message).toBe('[@cutout/core] bulkhead "k" had no place in time');
  });

  it.each(['bulkhead-full', 'timeout'] as const)('is known after structured clone and JSON: %s', reason => {
    const clone = structuredClone(full({ reason }));
    const printed = JSON.parse(JSON.stringify(full({ reason })));
    expect([clone, printed, { detail: clone }].map(isBulkheadFullError)).toEqual([true, true, true]);
    expect([clone, printed].map(isOwnRefusal)).toEqual([true, false]);
    expect(isCircuitOpenError(clone)).toBe(false);
  });

  it('is not known by its message or its code alone', () => {
    const { message, code } = full();
    const strangers = [
      new Error(message),
      { code },
      { code, key: 'k' },
      { code, key: 'k', reason: 'open' },
      { key: 'k', reason: 'bulkhead-full' },
      { code, reason: 'bulkhead-full' },
    ];
    expect(strangers.map(isBulkheadFullError)).toEqual(strangers.map(() => false));
  });
});
