import type { TransitionEvent } from '@cutout/core';
import { expect, it } from 'vitest';
import { patched, TIMELINE_LENGTH } from './snapshot.ts';
import { Timeline } from './timeline.ts';

const ORIGIN = { id: '0 https://a.example', policy: 'shop' };
const opened: TransitionEvent = {
  type: 'transition',
  key: 'https://a.example',
  from: 'closed',
  to: 'open',
  at: 1,
  reason: 'consecutive',
  cause: { name: 'Error', code: 'ECONNREFUSED', status: undefined } as never,
};

it('keeps user, time, from, to and reason', () => {
  const timeline = new Timeline();
  timeline.add(opened, ORIGIN, 5);
  timeline.attributed('anna', () => timeline.add({ ...opened, to: 'isolated', reason: 'manual' }, ORIGIN, 6));
  timeline.add(opened, ORIGIN, 7);
  expect(timeline.since(0).map(({ n, at, to, cause, by }) => [n, at, to, cause, by])).toEqual([
    [1, 5, 'open', 'ECONNREFUSED', undefined],
    [2, 6, 'isolated', 'ECONNREFUSED', 'anna'],
    [3, 7, 'open', 'ECONNREFUSED', undefined],
  ]);
  expect(timeline.since(2)).toHaveLength(1);
  expect(timeline.since(3)).toEqual([]);
});

it('resets the user when an action fails', () => {
  const timeline = new Timeline();
  expect(() =>
    timeline.attributed('anna', () => {
      throw new Error('no');
    }),
  ).toThrow('no');
  timeline.add(opened, ORIGIN, 5);
  expect(timeline.since(0)[0]?.by).toBeUndefined();
});

it('keeps the latest two hundred, as a reader does', () => {
  const timeline = new Timeline();
  for (let n = 0; n < 450; n++) timeline.add(opened, ORIGIN, n);
  expect(timeline.since(0)).toHaveLength(TIMELINE_LENGTH);
  expect(timeline.since(0)[0]?.n).toBe(251);
  const before = { events: timeline.since(0), hosts: [] } as never;
  expect(patched(before, { at: 0, events: timeline.since(440) }).events).toHaveLength(TIMELINE_LENGTH);
});

it('escapes untrusted text', () => {
  const timeline = new Timeline();
  const cause = { ...opened.cause, code: 'E\u001b[2J' } as never;
  timeline.add({ ...opened, key: 'a\nb\u202e', cause }, { id: '0 a', policy: 'p\r' }, 5);
  expect(timeline.since(0)).toMatchObject([{ key: 'a\\nb\\u202e', policy: 'p\\r', cause: 'E\\u001b[2J' }]);
});
