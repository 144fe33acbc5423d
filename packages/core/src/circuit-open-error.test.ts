import { describe, expect, it } from 'vitest';
import { CircuitOpenError, findCircuitOpenError, isRefusal, type Refusal } from './circuit-open-error.ts';

const refusal = (of: Partial<Refusal> = {}): CircuitOpenError =>
  new CircuitOpenError({ key: 'k', state: 'open', reason: 'open', retryAfterMs: 10.2, ...of });

describe('the message of a refusal', () => {
  it.each<[Partial<Refusal>, string]>([
    [{}, 'open; retry after 11 ms'],
    [{ state: 'isolated', reason: 'isolated' }, 'isolated by hand until it is released'],
    [{ state: 'half-open', reason: 'half-open' }, 'half-open and all its probe places are taken'],
    [
      { state: 'closed', reason: 'recovery', retryAfterMs: 1.5 },
      'recovering and lets only some calls through for 2 ms more',
    ],
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
    expect(String(error)).toBe('CircuitOpenError: [@cutout/core] circuit "k" is open; retry after 11 ms');
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
