import { expect, it } from 'vitest';
import { staleIfError } from './stale-if-error.ts';
import { checkStale } from './stale-options.ts';

it('takes header names that identify the caller, in any case and each once', () => {
  expect(checkStale('staleIfError', { identity: ['X-Api-Key', 'x-api-key', 'X-User'] }).identity).toEqual([
    'x-api-key',
    'x-user',
  ]);
  expect(checkStale('staleIfError', {}).identity).toEqual([]);
});

it.each([
  ['x-api-key', TypeError, 'staleIfError.identity must be a list of header names, got "x-api-key"'],
  [[1], TypeError, 'staleIfError.identity[0] must be a header name, got 1'],
  [['x-a', ''], RangeError, 'staleIfError.identity[1] must be a header name, got ""'],
  [['x-a: b'], RangeError, 'staleIfError.identity[0] must be a header name, got "x-a: b"'],
])('refuses %j as identity', (identity, Kind, message) => {
  const error = new Kind(message);
  expect(() => staleIfError({ identity: identity as never })).toThrow(error);
});
