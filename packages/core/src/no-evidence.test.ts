import { describe, expect, it } from 'vitest';
import { BulkheadFullError } from './bulkhead-full-error.ts';
import { CircuitOpenError } from './circuit-open-error.ts';
import { isNoEvidence, isOwnRefusal } from './no-evidence.ts';

const open = new CircuitOpenError({ key: 'k', state: 'open', reason: 'open', retryAfterMs: 1 });
const full = new BulkheadFullError({ key: 'k', limit: 1, queued: 0, reason: 'full' });
const shortage = Object.assign(new Error('x'), { code: 'EMFILE' });

describe('isOwnRefusal', () => {
  it.each([
    ['a circuit', open],
    ['a bulkhead', full],
  ])('knows the refusal of %s at any depth', (_of, refusal) => {
    expect(isOwnRefusal(refusal)).toBe(true);
    expect(isOwnRefusal(new Error('x', { cause: new Error('y', { cause: refusal }) }))).toBe(true);
    expect(isOwnRefusal(new AggregateError([new Error('x'), refusal]))).toBe(true);
    expect(isOwnRefusal({ detail: { cause: refusal } })).toBe(true);
  });

  it('knows no other error', () => {
    for (const error of [new Error('x'), shortage, undefined, 'open', { code: 'ERR_CIRCUIT_OPEN' }]) {
      expect(isOwnRefusal(error)).toBe(false);
    }
  });
});

describe('isNoEvidence', () => {
  it('takes refusals and shortages, and leaves the rest', () => {
    expect([open, full, shortage].map(isNoEvidence)).toEqual([true, true, true]);
    expect([new Error('x'), undefined, 'x'].map(isNoEvidence)).toEqual([false, false, false]);
  });
});
