import { expect, it } from 'vitest';
import { ResponseHead } from './response-head.ts';

it('shows that a header came twice', () => {
  const headers = new ResponseHead(200, { 'retry-after': ['1', '2'], date: 'x' });
  expect([headers.get('retry-after'), headers.get('date'), headers.get('etag')]).toEqual(['1, 2', 'x', null]);
});
