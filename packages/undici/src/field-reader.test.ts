import { expect, it } from 'vitest';
import { FieldReader } from './field-reader.ts';

it('shows that a header came twice', () => {
  const headers = new FieldReader({ 'retry-after': ['1', '2'], date: 'x' });
  expect([headers.get('retry-after'), headers.get('date'), headers.get('etag')]).toEqual(['1, 2', 'x', null]);
});
