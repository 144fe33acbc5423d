import { expect, it } from 'vitest';
import { createHttpPolicy } from '../policy.ts';
import { refuseStale } from './stale-call.ts';

it('is refused by a door that cannot give stale answers, also where only a host has the option', () => {
  expect(() => refuseStale(createHttpPolicy({ staleIfError: true }), 'got')).toThrow('not offered behind the got door');
  const policy = createHttpPolicy({ hosts: { 'a.com': { staleIfError: { maxStaleMs: 5 } } } });
  expect(() => refuseStale(policy, 'axios')).toThrow('not offered behind the axios door');
  refuseStale(createHttpPolicy({ staleIfError: false }), 'undici');
});
