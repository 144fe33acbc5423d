import { describe, expect, it } from 'vitest';
import type { Call } from './contender.ts';
import type { Ended, Run } from './drive.ts';
import { seenBefore } from './seen.ts';

const ended = (call: Call, startedAt: number, waitMs: number, how: Partial<Ended> = {}): Ended => ({
  phase: 0,
  call,
  startedAt,
  waitMs,
  answered: true,
  refused: false,
  stale: false,
  wrong: false,
  ...how,
});
const get = (path: string): Call => ({ method: 'GET', number: 0, path, body: undefined });
const put = (path: string, body: string): Call => ({ method: 'PUT', number: 0, path, body });
const arrivals = (...bodies: string[]): Run['requests'] =>
  bodies.map(body => ({ method: 'PUT', path: '/', headers: {}, body, rawBody: new Uint8Array(), at: 0, from: 0 }));

describe('a path seen before', () => {
  it('was answered completely before the call began', () => {
    const calls = [
      ended(get('/a'), 0, 10),
      ended(get('/a'), 9, 1),
      ended(get('/b'), 20, 10),
      ended(get('/a'), 20, 5, { answered: false }),
    ];
    expect([...seenBefore({ calls, requests: [] })]).toEqual([calls[3]]);
  });

  it('was answered by the server: failures and stale answers do not count', () => {
    const calls = [
      ended(get('/a'), 0, 1, { answered: false }),
      ended(get('/a'), 10, 1, { stale: true }),
      ended(get('/a'), 20, 1),
    ];
    expect(seenBefore({ calls, requests: [] }).size).toBe(0);
  });

  it('is no longer seen after a write that reached the server, until read again', () => {
    const calls = [
      ended(get('/a'), 0, 1),
      ended(put('/a', '1'), 10, 5, { answered: false }),
      ended(get('/a'), 14, 10),
      ended(get('/a'), 30, 1),
      ended(get('/a'), 40, 1),
    ];
    expect([...seenBefore({ calls, requests: arrivals('1') })]).toEqual([calls[4]]);
  });

  it('stays seen after a write that never arrived, or went elsewhere', () => {
    const calls = [
      ended(get('/a'), 0, 1),
      ended(put('/a', '1'), 10, 5, { answered: false }),
      ended(put('/b', '2'), 10, 5),
      ended(get('/a'), 30, 1),
    ];
    expect([...seenBefore({ calls, requests: arrivals('2') })]).toEqual([calls[3]]);
  });
});
