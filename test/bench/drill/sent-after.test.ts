import { expect, it } from 'vitest';
import type { Ended, Run } from './drive.ts';
import { NUMBER_HEADER } from './send.ts';
import { sentAfter } from './sent-after.ts';

const call = (number: number, startedAt: number): Ended => ({
  phase: 0,
  call: { method: 'GET', number, path: '/', body: undefined },
  startedAt,
  waitMs: 1,
  answered: true,
  refused: false,
  stale: false,
  wrong: false,
});
const request = (number: number, from: number): Run['requests'][number] => {
  const headers = { [NUMBER_HEADER]: String(number) };
  return { method: 'GET', path: '/', headers, body: '', rawBody: new Uint8Array(), at: from, from };
};

it('leaves out earlier arrivals, and the first request of an earlier call', () => {
  const calls = [call(1, 0), call(2, 9), call(3, 11)];
  const requests = [request(1, 5), request(2, 15), request(3, 16)];
  expect(sentAfter(10, requests, calls)).toEqual([requests[2]]);
});

it('counts the retries of an earlier call', () => {
  const calls = [call(1, 0), call(2, 9)];
  const requests = [request(1, 5), request(1, 12), request(2, 13), request(2, 14)];
  expect(sentAfter(10, requests, calls)).toEqual([requests[1], requests[3]]);
});
